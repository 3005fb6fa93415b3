package status_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tcp-operator.io/api/v1alpha1"
	"tcp-operator.io/controllers/fault"
	"tcp-operator.io/controllers/status"
	"tcp-operator.io/workload/snapshot"
	"tcp-operator.io/workload/spec"
)

var (
	noon    = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
	greeter = spec.Address{Host: "greeter.default.svc", Port: 9527}

	errPlain    = errors.New("dial tcp: 12:34:56 connection refused")
	errInvalid  = &fault.Invalid{Reason: v1alpha1.ReasonInvalidSpec, Err: errors.New("spec.port: 0 is out of range")}
	errConflict = &fault.Invalid{Reason: v1alpha1.ReasonNameConflict, Err: errors.New(`the Deployment "greeter" exists`)}
	errNotFound = &fault.Waiting{Reason: v1alpha1.ReasonServerNotFound, Err: errors.New(`there is no TcpServer "greeter"`)}
	errNotReady = &fault.Waiting{Reason: v1alpha1.ReasonServerNotReady, Err: errors.New(`TcpServer "greeter" is not ready yet`)}
	errDeleting = &fault.Waiting{Reason: v1alpha1.ReasonRolloutPending, Err: errors.New("the predecessor is still being deleted")}
)

func newServer() *v1alpha1.TcpServer {
	return &v1alpha1.TcpServer{
		ObjectMeta: metav1.ObjectMeta{Name: "greeter", Namespace: "default", Generation: 2},
		Spec:       v1alpha1.TcpServerSpec{Service: v1alpha1.Service{Port: 9527}},
		Status:     v1alpha1.TcpServerStatus{ObservedGeneration: -1},
	}
}

func newClient() *v1alpha1.TcpClient {
	return &v1alpha1.TcpClient{
		ObjectMeta: metav1.ObjectMeta{Name: "caller", Namespace: "default", Generation: 2},
		Spec:       v1alpha1.TcpClientSpec{Sessions: 1, ServerRef: &v1alpha1.ServerReference{Name: "greeter"}},
		Status:     v1alpha1.TcpClientStatus{ObservedGeneration: -1},
	}
}

// deployment has acted on its newest settings, and has ready of wanted pods.
func deployment(ready, wanted int32) *status.DeploymentSeen {
	return &status.DeploymentSeen{
		Generation: 5, ObservedGeneration: 5, Wanted: wanted, Replicas: wanted, Updated: wanted, Ready: ready,
	}
}

// but returns deployment d with a change.
func but(d *status.DeploymentSeen, change func(*status.DeploymentSeen)) *status.DeploymentSeen {
	change(d)
	return d
}

// said is what pods said at noon.
func said(snapshots ...snapshot.Snapshot) status.PodsSeen {
	return saidAt(noon, snapshots...)
}

func saidAt(at time.Time, snapshots ...snapshot.Snapshot) status.PodsSeen {
	seen := status.PodsSeen{Snapshots: snapshots, Time: at}
	for _, s := range snapshots {
		seen.Names = append(seen.Names, s.Pod)
	}
	return seen
}

// caller is the snapshot of a client's pod with open of one desired session.
func caller(open int64, outages ...snapshot.Outage) snapshot.Snapshot {
	return snapshot.Snapshot{
		Version: snapshot.Version, Role: snapshot.Client, Instance: "i", Pod: "caller-5c7d-x2k9l", Node: "worker-1",
		StartTime: noon.Add(-time.Hour), Ready: open == 1, Outages: outages,
		Sessions: snapshot.Sessions{Desired: 1, Open: open, Opened: 3, Lost: 3 - open},
		Messages: snapshot.Messages{Received: 10, Sent: 11},
	}
}

// listener is the snapshot of a server's pod.
func listener(open, received int64) snapshot.Snapshot {
	return snapshot.Snapshot{
		Version: snapshot.Version, Role: snapshot.Server, Instance: "i", Pod: "greeter-6d8f-p4wq7", Ready: true,
		Sessions: snapshot.Sessions{Open: open, Opened: open + 1, Rejected: 2},
		Messages: snapshot.Messages{Received: received, Sent: received, Exceptions: 1},
	}
}

// silent are pods that run and do not answer.
func silent(names ...string) status.PodsSeen {
	return status.PodsSeen{Names: names, Silent: len(names), Why: "no answer within 2s"}
}

// outage began before noon with a reset by the peer, and lasts unless length
// is given.
func outage(before time.Duration, length ...time.Duration) snapshot.Outage {
	o := snapshot.Outage{
		StartTime: noon.Add(-before), Phase: snapshot.PhaseSession, Reason: snapshot.PeerReset, ClosedBy: snapshot.Peer,
		LocalAddress: "10.0.0.7:41234", RemoteAddress: "10.0.0.9:9527", SessionAgeSeconds: 811, Attempts: 2,
	}
	for _, d := range length {
		end := o.StartTime.Add(d)
		o.EndTime, o.DurationMilliseconds = &end, d.Milliseconds()
	}
	return o
}

// readyServer was Ready at noon, with what pods said then.
func readyServer(t *testing.T, pods status.PodsSeen) *v1alpha1.TcpServer {
	t.Helper()
	cr := newServer()
	cr.Status, _ = serverStatus(t, cr, status.ServerSeen{
		Deployment: deployment(1, 1), Service: &status.ServiceSeen{ExternalAddresses: []string{"192.0.2.1:9527"}}, Pods: pods,
	}, nil, noon)
	return cr
}

// readyClient was Ready at noon, with what pods said then.
func readyClient(t *testing.T, pods status.PodsSeen) *v1alpha1.TcpClient {
	t.Helper()
	cr := newClient()
	cr.Status, _ = clientStatus(t, cr, greeter, status.ClientSeen{Deployment: deployment(1, 1), Pods: pods}, nil, noon)
	return cr
}

// summary is "Ready=False/ServerNotFound" and so on, for the types that there are.
func summary(conditions []metav1.Condition, types ...string) string {
	var text strings.Builder
	for _, conditionType := range types {
		if c := meta.FindStatusCondition(conditions, conditionType); c != nil {
			text.WriteString(conditionType + "=" + string(c.Status) + "/" + c.Reason + " ")
		}
	}
	return text.String()
}
