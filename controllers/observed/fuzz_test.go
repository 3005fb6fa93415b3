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
	for _, fields := range refused {
		f.Add(changed(f, fields))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		s, err := snapshot.Parse(body, snapshot.Client)
		if err != nil {
			return
		}
		s.Pod, s.Node = "caller-x", "worker-1"
		cr := &v1alpha1.TcpClient{ObjectMeta: metav1.ObjectMeta{Name: "caller", Namespace: "default"}}
		cr.Spec.Sessions = 1
		seen := status.ClientSeen{
			Deployment: &status.DeploymentSeen{Wanted: 1, Replicas: 1, Updated: 1},
			Pods:       status.PodsSeen{Snapshots: []snapshot.Snapshot{s, s}, Names: []string{s.Pod}, Time: time.Unix(1_800_000_000, 0)},
		}
		got, _ := status.Client(cr, spec.Address{Host: "h", Port: 1}, seen, nil, seen.Pods.Time)
		checkStorable(t, got)
	})
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
	text, err := json.Marshal(got)
	if err != nil {
		t.Fatalf("the status cannot be written: %v", err)
	}
	var back v1alpha1.TcpClientStatus
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatalf("the status cannot be read: %v\n%s", err, text)
	}
}
