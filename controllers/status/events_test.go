package status_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tcp-operator.io/api/v1alpha1"
	"tcp-operator.io/controllers/fault"
	"tcp-operator.io/controllers/status"
	"tcp-operator.io/workload/snapshot"
)

// lines writes events one a line.
func lines(events []status.Event) []string {
	all := []string{}
	for _, e := range events {
		all = append(all, e.Type+" "+e.Reason+" "+e.Action+": "+e.Note)
	}
	return all
}

func TestServerEvents(t *testing.T) {
	fresh, was := newServer(), readyServer(t, said(listener(1, 5)))
	refused := but(deployment(0, 1), func(d *status.DeploymentSeen) { d.Failure = "exceeded quota" })
	for _, test := range []struct {
		name string
		cr   *v1alpha1.TcpServer
		seen *status.DeploymentSeen
		err  error
		want []string
	}{
		{"a server's pods start", fresh, deployment(0, 1), nil, []string{}},
		{"a server becomes ready", fresh, deployment(1, 1), nil, []string{"Normal Ready Listen: Listening on greeter.default.svc:9527"}},
		{"a server stays ready", was, deployment(1, 1), nil, []string{}},
		{"a server is no longer ready", was, deployment(0, 1), nil, []string{}},
		{"a failed call", was, deployment(1, 1), errPlain, []string{}},
		{"a name conflict", fresh, nil, errConflict, []string{`Warning NameConflict Reconcile: the Deployment "greeter" exists`}},
		{"an invalid spec", was, deployment(1, 1), errInvalid, []string{"Warning InvalidSpec Reconcile: spec.port: 0 is out of range"}},
		{"a quota", was, refused, nil, []string{"Warning ReplicaFailure Reconcile: exceeded quota"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			seen := status.ServerSeen{Deployment: test.seen, Pods: said(listener(1, 5))}
			got, _ := serverStatus(t, test.cr, seen, test.err, noon)
			if diff := cmp.Diff(test.want, lines(status.ServerEvents(test.cr.Status, got))); diff != "" {
				t.Errorf("events (-want +got):\n%s", diff)
			}
			after := test.cr.DeepCopy()
			after.Status = got
			again, _ := serverStatus(t, after, seen, test.err, noon.Add(time.Hour))
			if events := status.ServerEvents(got, again); len(events) > 0 {
				t.Errorf("announced twice: %q", lines(events))
			}
		})
	}
}

func TestClientEvents(t *testing.T) {
	const established = "Normal SessionsEstablished Connect: Every desired session with greeter.default.svc:9527 is established (1)"
	const began = "Warning OutageBegan Connect: Pod caller-5c7d-x2k9l has lost a session: PeerReset in phase Session, closed by Peer, with 10.0.0.9:9527"
	const over = "Normal OutageEnded Connect: The outage of pod caller-5c7d-x2k9l ended after 30s; it began with PeerReset"
	unresolved := snapshot.Outage{StartTime: noon, Phase: snapshot.PhaseResolve, Reason: snapshot.NameNotFound}
	up, down := deployment(1, 1), deployment(0, 1)
	fresh, was := newClient(), readyClient(t, said(caller(1)))
	lost := was.DeepCopy()
	lost.Status, _ = clientStatus(t, lost, greeter, status.ClientSeen{Deployment: down, Pods: said(caller(0, outage(time.Minute)))}, nil, noon)
	for _, test := range []struct {
		name string
		cr   *v1alpha1.TcpClient
		seen *status.DeploymentSeen
		pods status.PodsSeen
		err  error
		want []string
	}{
		{"a client's sessions are established", fresh, up, said(caller(1)), nil, []string{established}},
		{"a client stays connected", was, up, said(caller(1)), nil, []string{}},
		{"a session is lost", was, down, said(caller(0, outage(time.Minute))), nil, []string{began}},
		{"a session is lost before the pod is unready", was, up, said(caller(0, outage(time.Minute))), nil, []string{began}},
		{"a session stays lost", lost, down, said(caller(0, outage(time.Minute))), nil, []string{}},
		{"a session is back", lost, up, said(caller(1, outage(time.Minute, 30*time.Second))), nil, []string{over, established}},
		{"a session was lost and is back", was, up, said(caller(1, outage(time.Minute, 30*time.Second))), nil, []string{began, over}},
		{"two were lost and are back", was, up, said(caller(1, outage(time.Minute, 30*time.Second), outage(2*time.Minute, 30*time.Second))), nil,
			[]string{began, over, began, over}},
		{"a pod cannot connect", fresh, down, said(caller(0, unresolved)), nil,
			[]string{"Warning OutageBegan Connect: Pod caller-5c7d-x2k9l cannot establish a session: NameNotFound in phase Resolve"}},
		{"a server is missing", fresh, nil, status.PodsSeen{}, errNotFound, []string{`Warning ServerNotFound Resolve: there is no TcpServer "greeter"`}},
		{"a server is not ready", fresh, nil, status.PodsSeen{}, errNotReady, []string{}},
		{"pods fall silent", was, up, silent("caller-5c7d-x2k9l"), nil, []string{}},
		{"an operator starts", lost, down, status.PodsSeen{Unlisted: true}, nil, []string{}},
		{"a failed call", was, up, said(caller(1)), errPlain, []string{}},
		{"an invalid spec", was, up, said(caller(1)), errInvalid, []string{"Warning InvalidSpec Reconcile: spec.port: 0 is out of range"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			seen := status.ClientSeen{Deployment: test.seen, Pods: test.pods}
			got, _ := clientStatus(t, test.cr, greeter, seen, test.err, noon)
			if diff := cmp.Diff(test.want, lines(status.ClientEvents(test.cr.Status, got))); diff != "" {
				t.Errorf("events (-want +got):\n%s", diff)
			}
			after := test.cr.DeepCopy()
			after.Status = got
			again, _ := clientStatus(t, after, greeter, seen, test.err, noon.Add(time.Hour))
			if events := status.ClientEvents(got, again); len(events) > 0 {
				t.Errorf("announced twice: %q", lines(events))
			}
		})
	}
}

// TestANoteFitsIntoAnEvent holds because the API server refuses longer ones.
func TestANoteFitsIntoAnEvent(t *testing.T) {
	long := &fault.Invalid{Reason: v1alpha1.ReasonInvalidSpec, Err: errorString("x" + strings.Repeat("ü", 2000))}
	got, _ := serverStatus(t, newServer(), status.ServerSeen{}, long, noon)
	events := status.ServerEvents(v1alpha1.TcpServerStatus{Conditions: []metav1.Condition{}}, got)
	if len(events) != 1 || len(events[0].Note) != 1023 {
		t.Errorf("events are %+v", events)
	}
}

type errorString string

func (e errorString) Error() string { return string(e) }
