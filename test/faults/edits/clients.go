package edits

import (
	appsv1 "k8s.io/api/apps/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"tcp-operator.io/api/v1alpha1"
)

// Clients are the workloads of TcpClients.
func Clients() []Workload {
	server := []Edit{createServer(Server)}
	pair := []Edit{createServer(Server), createClient()}
	fullPair := []Edit{createServer(Server), createFullClient()}
	return clientKind([]Workload{
		{Name: "create", Given: server, Edits: []Edit{createClient()}},
		{Name: "create-full", Given: server, Edits: []Edit{createFullClient()}},
		{Name: "create-first", Edits: []Edit{createClient(), createServer(Server)}},
		{Name: "scale", Given: pair, Edits: []Edit{scaleClient(3), scaleClient(1)}},
		{Name: "change-port", Given: pair, Edits: []Edit{changeServerPort(9600), changeServicePort(7000)}},
		{Name: "change-delay", Given: pair, Edits: []Edit{changeClientDelay("2s")}},
		{Name: "change-image", Given: pair, Edits: []Edit{changeImage()}},
		{Name: "re-point", Given: append(pair, createServer(Other)), Edits: []Edit{pointTo(Other), pointOutside(), pointTo(Server)}},
		{Name: "optional", Given: pair, Edits: []Edit{fullClient(), bareClient(), fullClient()}},
		{Name: "lose-pods", Given: pair, Edits: []Edit{losePods(Client)}},
		{Name: "unlabel", Given: pair, Edits: []Edit{unlabel(&appsv1.Deployment{}, Client)}},
		{Name: "delete", Given: pair, Edits: []Edit{deleteClient()}},
		{Name: "delete-foreground", Given: fullPair, Edits: []Edit{
			remove(&v1alpha1.TcpClient{}, Client, foreground), createClient(),
		}},
		{Name: "delete-orphan", Given: fullPair, Edits: []Edit{remove(&v1alpha1.TcpClient{}, Client, orphan)}},
		{Name: "delete-create", Given: fullPair, Edits: []Edit{deleteClient(), createClient()}},
		{Name: "recreate", Given: fullPair, Edits: []Edit{recreateClient()}},
		{Name: "lose-server", Given: pair, Edits: []Edit{deleteServer(Server), createServer(Server)}},
		{Name: "recreate-server", Given: pair, Edits: []Edit{recreateServer()}},
	})
}

func clientKind(all []Workload) []Workload {
	for i := range all {
		all[i].Kind = v1alpha1.ClientKind.Kind
	}
	return all
}

func newClient(namespace string) *v1alpha1.TcpClient {
	return &v1alpha1.TcpClient{
		ObjectMeta: meta(namespace, Client),
		Spec:       v1alpha1.TcpClientSpec{ServerRef: &v1alpha1.ServerReference{Name: Server}},
	}
}

func createClient() Edit {
	return create(Client, func(namespace string) client.Object { return newClient(namespace) })
}

// createFullClient makes a client that has every child there is.
func createFullClient() Edit {
	return create(Client, func(namespace string) client.Object {
		cr := newClient(namespace)
		fillClient(&cr.Spec)
		return cr
	})
}

func fillClient(s *v1alpha1.TcpClientSpec) {
	s.Replicas = new(int32(2))
	s.NetworkPolicy.Mode = v1alpha1.NetworkPolicyRestrict
}

func fullClient() Edit { return changeClient("optional children on", fillClient) }

func bareClient() Edit {
	return changeClient("optional children off", func(s *v1alpha1.TcpClientSpec) {
		s.Replicas = new(int32(1))
		s.NetworkPolicy.Mode = v1alpha1.NetworkPolicyNone
	})
}

func deleteClient() Edit { return remove(&v1alpha1.TcpClient{}, Client) }

// recreateClient leaves nobody the time to collect the old children first.
func recreateClient() Edit {
	return then("delete and re-create "+Client, deleteClient(), createFullClient())
}

func scaleClient(replicas int32) Edit {
	return changeClient("scale", func(s *v1alpha1.TcpClientSpec) { s.Replicas = &replicas })
}

func changeClientDelay(delay v1alpha1.Duration) Edit {
	return changeClient("change delay", func(s *v1alpha1.TcpClientSpec) { s.Reply.Delay = delay })
}

func pointTo(server string) Edit {
	return changeClient("point to "+server, func(s *v1alpha1.TcpClientSpec) {
		s.ServerRef, s.Address = &v1alpha1.ServerReference{Name: server}, nil
	})
}

func pointOutside() Edit {
	return changeClient("point outside the cluster", func(s *v1alpha1.TcpClientSpec) {
		s.ServerRef, s.Address = nil, &v1alpha1.Address{Host: "tcp.example.com", Port: 5432}
	})
}
