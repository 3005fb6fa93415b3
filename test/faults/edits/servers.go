package edits

import (
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"tcp-operator.io/api/v1alpha1"
)

// Servers are the workloads of TcpServers.
func Servers() []Workload {
	classic := []Edit{createServer(Server)}
	return serverKind([]Workload{
		{Name: "create", Edits: classic},
		{Name: "create-full", Edits: []Edit{createFullServer()}},
		{Name: "scale", Given: classic, Edits: []Edit{scaleServer(3), scaleServer(1)}},
		{Name: "change-port", Given: classic, Edits: []Edit{changeServerPort(9600), changeServicePort(7000)}},
		{Name: "change-delay", Given: classic, Edits: []Edit{changeServerDelay("2s")}},
		{Name: "change-image", Given: classic, Edits: []Edit{changeImage()}},
		{Name: "service-type", Given: classic, Edits: []Edit{serviceType("NodePort"), serviceType("ClusterIP")}},
		{Name: "optional", Given: classic, Edits: []Edit{fullServer(), bareServer(), fullServer()}},
		{Name: "lose-pods", Given: classic, Edits: []Edit{losePods(Server)}},
		{Name: "unlabel", Given: classic, Edits: []Edit{unlabel(&corev1.Service{}, Server), unlabel(&appsv1.Deployment{}, Server)}},
		{Name: "delete", Given: classic, Edits: []Edit{deleteServer(Server)}},
		{Name: "delete-foreground", Given: []Edit{createFullServer()}, Edits: []Edit{
			remove(&v1alpha1.TcpServer{}, Server, foreground), createServer(Server),
		}},
		{Name: "delete-orphan", Given: []Edit{createFullServer()}, Edits: []Edit{remove(&v1alpha1.TcpServer{}, Server, orphan)}},
		{Name: "delete-create", Given: []Edit{createFullServer()}, Edits: []Edit{deleteServer(Server), createServer(Server)}},
		{Name: "recreate", Given: []Edit{createFullServer()}, Edits: []Edit{recreateServer()}},
	})
}

func serverKind(all []Workload) []Workload {
	for i := range all {
		all[i].Kind = v1alpha1.ServerKind.Kind
	}
	return all
}

func createServer(name string) Edit {
	return create(name, func(namespace string) client.Object {
		return &v1alpha1.TcpServer{ObjectMeta: meta(namespace, name)}
	})
}

// createFullServer makes a server that has every child there is.
func createFullServer() Edit {
	return create(Server, func(namespace string) client.Object {
		cr := &v1alpha1.TcpServer{ObjectMeta: meta(namespace, Server)}
		full(&cr.Spec)
		return cr
	})
}

func full(s *v1alpha1.TcpServerSpec) {
	s.Replicas = new(int32(2))
	s.NetworkPolicy.Mode = v1alpha1.NetworkPolicyRestrict
}

func fullServer() Edit { return changeServer("optional children on", full) }

func bareServer() Edit {
	return changeServer("optional children off", func(s *v1alpha1.TcpServerSpec) {
		s.Replicas = new(int32(1))
		s.NetworkPolicy.Mode = v1alpha1.NetworkPolicyNone
	})
}

func deleteServer(name string) Edit { return remove(&v1alpha1.TcpServer{}, name) }

// recreateServer leaves nobody the time to collect the old children first.
func recreateServer() Edit {
	return then("delete and re-create "+Server, deleteServer(Server), createFullServer())
}

func scaleServer(replicas int32) Edit {
	return changeServer("scale", func(s *v1alpha1.TcpServerSpec) { s.Replicas = &replicas })
}

func changeServerPort(port int32) Edit {
	return changeServer("change port", func(s *v1alpha1.TcpServerSpec) { s.Port = port })
}

func changeServicePort(port int32) Edit {
	return changeServer("change the Service's port", func(s *v1alpha1.TcpServerSpec) { s.Service.Port = port })
}

func changeServerDelay(delay v1alpha1.Duration) Edit {
	return changeServer("change delay", func(s *v1alpha1.TcpServerSpec) { s.Reply.Delay = delay })
}

func serviceType(kind string) Edit {
	return changeServer("make the Service a "+kind, func(s *v1alpha1.TcpServerSpec) { s.Service.Type = kind })
}
