package observed

import (
	"encoding/json"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tcp-operator.io/api/v1alpha1"
	"tcp-operator.io/controllers/status"
	"tcp-operator.io/workload/snapshot"
	"tcp-operator.io/workload/spec"
)

// FuzzParse holds that no answer of a pod makes the operator panic, and that
// whatever passes ends in a status that an API server takes.
func FuzzParse(f *testing.F) {
	f.Add(encode(f, valid()))
	f.Add([]byte(`{}`))
	f.Add([]byte(`{"version": 1, "role": "Client", "roundTrip": {"histogram": "HISTFAAAACJ4nJNpmSzMwMDAxQABzFCaEUoz2X+AsZCEADMBAgQ="}}`))
	f.Add([]byte(`{"version": 1, "role": "Server", "ready": true, "sessions": {"open": 3, "opened": 5, "rejected": 2}, "listenAddresses": ["[::]:9527"]}`))
	for _, fields := range refused {
		f.Add(changed(f, fields))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		if s, err := snapshot.Parse(body, snapshot.Client); err == nil {
			checkClient(t, s)
		}
		if s, err := snapshot.Parse(body, snapshot.Server); err == nil {
			checkServer(t, s)
		}
	})
}

// saidTwice is what two pods of one resource say that say the same.
func saidTwice(s snapshot.Snapshot) status.PodsSeen {
	s.Pod, s.Node = "pod-x", "worker-1"
	return status.PodsSeen{Snapshots: []snapshot.Snapshot{s, s}, Names: []string{s.Pod}, Time: time.Unix(1_800_000_000, 0)}
}

func checkClient(t *testing.T, s snapshot.Snapshot) {
	t.Helper()
	cr := &v1alpha1.TcpClient{ObjectMeta: metav1.ObjectMeta{Name: "caller", Namespace: "default"}}
	cr.Spec.Sessions = 1
	seen := status.ClientSeen{Deployment: &status.DeploymentSeen{Wanted: 1, Replicas: 1, Updated: 1}, Pods: saidTwice(s)}
	got, _ := status.Client(cr, spec.Address{Host: "h", Port: 1}, seen, nil, seen.Pods.Time)
	checkStorable(t, got)
}

func checkServer(t *testing.T, s snapshot.Snapshot) {
	t.Helper()
	cr := &v1alpha1.TcpServer{ObjectMeta: metav1.ObjectMeta{Name: "greeter", Namespace: "default"}}
	seen := status.ServerSeen{Deployment: &status.DeploymentSeen{Wanted: 1, Replicas: 1, Updated: 1}, Service: &status.ServiceSeen{}, Pods: saidTwice(s)}
	got, _ := status.Server(cr, seen, nil, seen.Pods.Time)
	if got.Sessions.Open < 0 || got.Sessions.Accepted < 0 || got.Sessions.Rejected < 0 || got.Messages.Received < 0 {
		t.Errorf("negative numbers: %+v", got)
	}
	checkEncodes(t, got, &v1alpha1.TcpServerStatus{})
}

func checkStorable(t *testing.T, got v1alpha1.TcpClientStatus) {
	t.Helper()
	if got.Sessions.Established < 0 || got.Sessions.Opened < 0 || got.Messages.Received < 0 {
		t.Errorf("negative numbers: %+v", got)
	}
	for _, o := range got.Outages {
		if len(o.LocalAddress) > 64 || len(o.RemoteAddress) > 64 || len(o.Reason) > 64 || len(o.Phase) > 32 || len(o.ClosedBy) > 32 {
			t.Errorf("the schema refuses %+v", o)
		}
	}
	checkEncodes(t, got, &v1alpha1.TcpClientStatus{})
}

// checkEncodes holds that a status can be written, and read into into.
func checkEncodes(t *testing.T, got, into any) {
	t.Helper()
	text, err := json.Marshal(got)
	if err != nil {
		t.Fatalf("the status cannot be written: %v", err)
	}
	if err := json.Unmarshal(text, into); err != nil {
		t.Fatalf("the status cannot be read: %v\n%s", err, text)
	}
}
