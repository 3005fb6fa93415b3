package desired_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tcp-operator.io/api/v1alpha1"
	"tcp-operator.io/controllers/desired"
	"tcp-operator.io/controllers/fault"
	"tcp-operator.io/workload/spec"
)

// readyServer is a TcpServer whose Ready condition is True for the generation
// behind its current one by lag.
func readyServer(t *testing.T, name string, port int32, lag int64) *v1alpha1.TcpServer {
	t.Helper()
	cr := server(t, classicServer)
	cr.Name, cr.Generation, cr.Spec.Service.Port = name, 3, port
	cr.Status.Conditions = []metav1.Condition{{
		Type: v1alpha1.ConditionReady, Status: metav1.ConditionTrue, ObservedGeneration: cr.Generation - lag,
	}}
	return cr
}

func unreadyServer(t *testing.T, port int32) *v1alpha1.TcpServer {
	t.Helper()
	cr := readyServer(t, "greeter", port, 0)
	cr.Status.Conditions[0].Status = metav1.ConditionFalse
	return cr
}

func deleted(cr *v1alpha1.TcpServer) *v1alpha1.TcpServer {
	cr.DeletionTimestamp = new(metav1.Now())
	return cr
}

func TestTarget(t *testing.T) {
	const notFound, notReady = v1alpha1.ReasonServerNotFound, v1alpha1.ReasonServerNotReady
	there := spec.Address{Host: "greeter.default.svc", Port: 9527}
	tests := []struct {
		name    string
		before  string // status.target
		started bool   // although status.target does not say so
		server  *v1alpha1.TcpServer
		want    spec.Address
		waiting string
	}{
		{name: "a client whose server is missing waits", waiting: notFound},
		{name: "a client whose server is not ready waits", server: unreadyServer(t, 9527), waiting: notReady},
		{name: "a client whose server is ready for an older spec waits", server: readyServer(t, "greeter", 9527, 1), waiting: notReady},
		{name: "a client whose server has never been looked at waits", server: server(t, classicServer), waiting: notReady},
		{name: "a client whose server is being deleted waits", server: deleted(readyServer(t, "greeter", 9527, 0)), waiting: notFound},
		{name: "a client whose server is ready goes there", server: readyServer(t, "greeter", 9527, 0), want: there},
		{name: "a client stays when its server is no longer ready", before: "greeter.default.svc:9527", server: unreadyServer(t, 9527), want: there},
		{name: "a client whose pods were made stays, whatever its status has lost", started: true, server: unreadyServer(t, 9527), want: there},
		{name: "a client stays when its server is gone", before: "greeter.default.svc:9527", want: there, waiting: notFound},
		{
			name: "a client stays when its server is being deleted", before: "greeter.default.svc:9527",
			server: deleted(readyServer(t, "greeter", 9527, 0)), want: there, waiting: notFound,
		},
		{
			name: "a client follows its server's port", before: "greeter.default.svc:9527", server: unreadyServer(t, 80),
			want: spec.Address{Host: "greeter.default.svc", Port: 80},
		},
		{name: "a client that was re-pointed to a missing server waits", before: "other.default.svc:9527", waiting: notFound},
		{name: "a client of the same server in another namespace is not remembered", before: "greeter.other.svc:9527", waiting: notFound},
		{name: "a client that was re-pointed to a ready server goes there", before: "other.default.svc:9527", server: readyServer(t, "greeter", 9527, 0), want: there},
		{name: "what is no address is not remembered", before: "greeter.default.svc", waiting: notFound},
		{name: "what has no port is not remembered", before: "greeter.default.svc:http", waiting: notFound},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			cr := client(t, classicClient)
			cr.Status.Target = test.before
			got, err := desired.Target(cr, test.server, test.started || test.before != "")
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("target (-want +got):\n%s", diff)
			}
			waiting, _ := errors.AsType[*fault.Waiting](err)
			if (test.waiting == "" && err != nil) || (test.waiting != "" && (waiting == nil || waiting.Reason != test.waiting)) {
				t.Errorf("error is %v, want one that waits with reason %q", err, test.waiting)
			}
		})
	}
}

func TestAnAddressNeedsNoServer(t *testing.T) {
	cr := client(t, `{"metadata": {"name": "caller"}, "spec": {"address": {"host": "fd00::7", "port": 5432}}}`)
	got, err := desired.Target(cr, nil, false)
	if want := (spec.Address{Host: "fd00::7", Port: 5432}); err != nil || got != want {
		t.Errorf("target is %v, %v, want %v", got, err, want)
	}
	if got, want := desired.HostPort(got), "[fd00::7]:5432"; got != want {
		t.Errorf("written %s, want %s", got, want)
	}
}

func TestAClientWithoutATargetIsInvalid(t *testing.T) {
	_, err := desired.Target(&v1alpha1.TcpClient{}, nil, false)
	if invalid, ok := errors.AsType[*fault.Invalid](err); !ok || invalid.Reason != v1alpha1.ReasonInvalidSpec {
		t.Errorf("error is %v, want an InvalidSpec", err)
	}
}

func TestSameTarget(t *testing.T) {
	ready := func() *v1alpha1.TcpServer { return readyServer(t, "greeter", 9527, 0) }
	counted := ready()
	counted.Status.Sessions.Open, counted.Labels = 5, map[string]string{"a": "b"}
	recreated := ready()
	recreated.UID = "99"
	for name, c := range map[string]struct {
		other *v1alpha1.TcpServer
		want  bool
	}{
		"the same":              {ready(), true},
		"with other counters":   {counted, true},
		"no longer ready":       {unreadyServer(t, 9527), false},
		"ready for an old spec": {readyServer(t, "greeter", 9527, 1), false},
		"on another port":       {readyServer(t, "greeter", 80, 0), false},
		"being deleted":         {deleted(ready()), false},
		"created anew":          {recreated, false},
	} {
		if got := desired.SameTarget(ready(), c.other); got != c.want {
			t.Errorf("a server and the server %s: same target is %v, want %v", name, got, c.want)
		}
	}
}
