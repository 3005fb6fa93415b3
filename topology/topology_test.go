package topology

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tcp-operator.io/api/v1alpha1"
	"tcp-operator.io/workload/snapshot"
)

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

func server(name, address string) v1alpha1.TcpServer {
	return v1alpha1.TcpServer{
		ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: name, Generation: 1},
		Status: v1alpha1.TcpServerStatus{
			ObservedGeneration: 1, Address: address, Replicas: 1, ReadyReplicas: 1,
			Conditions: []metav1.Condition{{Type: "Ready", Status: "True", Reason: "ReplicasReady", Message: "Listening"}},
			Sessions:   v1alpha1.ServerSessionsStatus{Open: 1, Accepted: 1},
		},
	}
}

func client(name string, spec v1alpha1.TcpClientSpec, target string) v1alpha1.TcpClient {
	return v1alpha1.TcpClient{
		ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: name, Generation: 1},
		Spec:       spec,
		Status: v1alpha1.TcpClientStatus{
			ObservedGeneration: 1, Target: target,
			Conditions: []metav1.Condition{{Type: "Ready", Status: "True", Reason: "SessionsEstablished"}},
			Sessions:   v1alpha1.ClientSessionsStatus{Desired: 2, Established: 2},
		},
	}
}

func address(host string, port int32) v1alpha1.TcpClientSpec {
	return v1alpha1.TcpClientSpec{Address: &v1alpha1.Address{Host: host, Port: port}}
}

func TestEveryClientLeadsToTheServerBehindItsTarget(t *testing.T) {
	external := server("external", "external.default.svc:80")
	external.Status.ExternalAddresses = []string{"203.0.113.7:80", "[2001:db8::7]:80", "lb.example.com:80"}
	elsewhere := func(name, target string) v1alpha1.TcpClient {
		c := client(name, v1alpha1.TcpClientSpec{Address: &v1alpha1.Address{}}, target)
		c.Namespace = "elsewhere"
		return c
	}
	graph := Draw(Seen{
		Servers: []v1alpha1.TcpServer{server("greeter", "greeter.default.svc:9527"), external, server("starting", "")},
		Clients: []v1alpha1.TcpClient{
			client("by-reference", v1alpha1.TcpClientSpec{ServerRef: &v1alpha1.ServerReference{Name: "greeter"}}, "greeter.default.svc:9527"),
			client("by-address", address("greeter.default.svc", 9527), "greeter.default.svc:9527"),
			client("by-short-name", address("greeter.default", 9527), "greeter.default:9527"),
			client("by-full-name", address("greeter.default.svc.cluster.local", 9527), "greeter.default.svc.cluster.local:9527"),
			client("by-name", address("greeter", 9527), "greeter:9527"),
			client("by-absolute-name", address("greeter.default.svc.cluster.local.", 9527), "greeter.default.svc.cluster.local.:9527"),
			client("in-capitals", address("Greeter.Default.SVC", 9527), "Greeter.Default.SVC:9527"),
			client("by-half-an-absolute-name", address("greeter.default.svc.", 9527), "greeter.default.svc.:9527"),
			elsewhere("by-name-elsewhere", "greeter:9527"),
			elsewhere("by-short-name-elsewhere", "greeter.default:9527"),
			client("by-load-balancers-name", address("lb.example.com.", 80), "lb.example.com.:80"),
			client("by-load-balancer", address("203.0.113.7", 80), "203.0.113.7:80"),
			client("by-load-balancers-ipv6", address("2001:db8::7", 80), "[2001:db8::7]:80"),
			client("other-port", address("greeter.default.svc", 80), "greeter.default.svc:80"),
			client("foreign", address("db.example.com", 5432), "db.example.com:5432"),
			client("waiting", v1alpha1.TcpClientSpec{ServerRef: &v1alpha1.ServerReference{Name: "missing"}}, ""),
		},
	}, &Meter{})

	got := map[string]string{}
	for _, c := range graph.Clients {
		got[c.Name] = ""
		if c.Server != nil {
			got[c.Name] = c.Server.Name
		}
	}
	want := map[string]string{
		"by-reference": "greeter", "by-address": "greeter", "by-short-name": "greeter", "by-full-name": "greeter",
		"by-name": "greeter", "by-absolute-name": "greeter", "in-capitals": "greeter", "by-half-an-absolute-name": "",
		"by-name-elsewhere": "", "by-short-name-elsewhere": "greeter",
		"by-load-balancer": "external", "by-load-balancers-name": "external", "by-load-balancers-ipv6": "external", "other-port": "", "foreign": "", "waiting": "missing",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("servers (-want +got):\n%s", diff)
	}
}

func TestNumbersComeFromThePodsAndElseFromTheStatus(t *testing.T) {
	greeter := server("greeter", "greeter.default.svc:9527")
	greeter.Status.Messages = v1alpha1.MessagesStatus{Received: 5}
	seen := Seen{Time: noon, Servers: []v1alpha1.TcpServer{greeter}}
	if got := Draw(seen, &Meter{}).Servers[0]; got.Messages.Received != 5 || got.Sessions.Open != 1 || got.Rate != nil {
		t.Errorf("without snapshots: %+v", got)
	}
	seen.Snapshots = map[Key][]snapshot.Snapshot{ServerKey("default", "greeter"): {
		{Instance: "a", ObservedTime: noon, Sessions: snapshot.Sessions{Open: 2, Opened: 3}, Messages: snapshot.Messages{Received: 10}},
		{Instance: "b", ObservedTime: noon, Sessions: snapshot.Sessions{Open: 1, Rejected: 4}, Messages: snapshot.Messages{Received: 20}},
	}}
	got := Draw(seen, &Meter{}).Servers[0]
	if got.Messages.Received != 30 || got.Sessions != (v1alpha1.ServerSessionsStatus{Open: 3, Accepted: 3, Rejected: 4}) {
		t.Errorf("with snapshots: %+v", got)
	}
}

// TestASumSaysOfHowManyPodsItIs: one of some pods looks like one of all.
func TestASumSaysOfHowManyPodsItIs(t *testing.T) {
	greeter := server("greeter", "greeter.default.svc:9527")
	greeter.Status.Replicas = 3
	key := ServerKey("default", "greeter")
	two := map[Key][]snapshot.Snapshot{key: {{Pod: "a"}, {Pod: "b"}}}
	for name, c := range map[string]struct {
		snapshots map[Key][]snapshot.Snapshot
		pods      map[Key]int
		want      Answered
	}{
		"nobody counted pods":           {two, nil, Answered{2, 3}},
		"there are more than replicas":  {two, map[Key]int{key: 5}, Answered{2, 5}},
		"all answered":                  {two, map[Key]int{key: 2}, Answered{2, 2}},
		"more answered than there were": {two, map[Key]int{key: 1}, Answered{2, 2}},
		"none answered":                 {nil, map[Key]int{key: 2}, Answered{0, 2}},
		"nobody was asked":              {nil, nil, Answered{0, 3}},
	} {
		got := Draw(Seen{Servers: []v1alpha1.TcpServer{greeter}, Snapshots: c.snapshots, Pods: c.pods}, &Meter{}).Servers[0].Answered
		if got == nil || *got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}

func TestHealthFollowsKstatus(t *testing.T) {
	now := metav1.NewTime(noon)
	deleted := metav1.ObjectMeta{Generation: 1, DeletionTimestamp: &now}
	condition := func(kind, status string) []metav1.Condition {
		return []metav1.Condition{{Type: kind, Status: metav1.ConditionStatus(status)}}
	}
	for _, c := range []struct {
		name       string
		meta       metav1.ObjectMeta
		conditions []metav1.Condition
		observed   int64
		want       Health
	}{
		{"being deleted", deleted, condition("Ready", "True"), 1, Terminating},
		{"never seen", metav1.ObjectMeta{Generation: 1}, nil, -1, Progressing},
		{"an older generation was seen", metav1.ObjectMeta{Generation: 2}, condition("Ready", "True"), 1, Progressing},
		{"reconciling", metav1.ObjectMeta{Generation: 1}, condition("Reconciling", "True"), 1, Progressing},
		{"stalled", metav1.ObjectMeta{Generation: 1}, condition("Stalled", "True"), 1, Failed},
		{"ready", metav1.ObjectMeta{Generation: 1}, condition("Ready", "True"), 1, Healthy},
		{"not ready", metav1.ObjectMeta{Generation: 1}, condition("Ready", "False"), 1, Progressing},
	} {
		if got := HealthOf(&c.meta, c.conditions, c.observed); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}
