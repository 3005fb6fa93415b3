package status_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tcp-operator.io/api/v1alpha1"
	"tcp-operator.io/controllers/status"
	"tcp-operator.io/workload/snapshot"
)

func TestExpectations(t *testing.T) {
	const met = "Ready=True/SessionsEstablished ExpectationsMet=True/ExpectationsMet "
	strict := v1alpha1.Expect{MaxOutages: new(int32(0)), Window: "1h", RecoverWithin: "0s"}
	quick := v1alpha1.Expect{Window: "1h", RecoverWithin: "10s"}
	blocked := v1alpha1.Expect{Connect: v1alpha1.PathBlocked, Window: "1h", RecoverWithin: "0s"}
	refused, reached := caller(0), caller(0)
	refused.Sessions.Blocked, reached.Sessions.Reached = 1, 1
	for _, test := range []struct {
		name    string
		expect  v1alpha1.Expect
		ready   int32
		pods    status.PodsSeen
		want    string
		recheck time.Duration
		events  string // their reasons
	}{
		{"nothing is judged unasked", v1alpha1.Expect{Window: "1h", RecoverWithin: "0s"}, 1, said(caller(1, outage(2*time.Hour, time.Minute))), met, 0, ""},
		{"no outage is forgiven", strict, 1, said(caller(1)), met, 0, ""},
		{"one outage is too many", strict, 1, said(caller(1, outage(10*time.Minute, time.Second))),
			"Ready=False/TooManyOutages ExpectationsMet=False/TooManyOutages Stalled=True/TooManyOutages ", 50 * time.Minute, "ExpectationBroken"},
		{"an outage is forgotten with its window", strict, 1, said(caller(1, outage(time.Hour, time.Second))), met, 0, ""},
		{"a short outage is forgiven", quick, 1, said(caller(1, outage(time.Minute, 9*time.Second))), met, 0, ""},
		{"a long outage is not", quick, 1, said(caller(1, outage(time.Minute, 11*time.Second))),
			"Ready=False/OutageTooLong ExpectationsMet=False/OutageTooLong Stalled=True/OutageTooLong ", 59*time.Minute + 11*time.Second, "ExpectationBroken"},
		{"an outage that may still end in time is forgiven", quick, 0, said(caller(0, outage(4*time.Second))),
			"Ready=False/SessionsNotEstablished ExpectationsMet=True/ExpectationsMet Reconciling=True/SessionsNotEstablished ", 6 * time.Second, ""},
		{"a path that should be blocked is", blocked, 1, said(refused), "Ready=True/Blocked ExpectationsMet=True/ExpectationsMet ", 0, ""},
		{"a path that should be blocked is not", blocked, 0, said(reached),
			"Ready=False/UnexpectedSession ExpectationsMet=False/UnexpectedSession Stalled=True/UnexpectedSession ", 0, "ExpectationBroken"},
		{"a path that should be blocked has not been tried", blocked, 0, said(caller(0)),
			"Ready=False/NotProven ExpectationsMet=Unknown/NotProven Reconciling=True/NotProven ", 0, ""},
		{"a path that should be blocked is, say silent pods by being ready", blocked, 1, silent("caller-5c7d-x2k9l"),
			"Ready=True/Blocked ExpectationsMet=True/ExpectationsMet ", 0, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			cr := newClient()
			cr.Spec.Expect = test.expect
			got, recheck := clientStatus(t, cr, greeter, status.ClientSeen{Deployment: deployment(test.ready, 1), Pods: test.pods}, nil, noon)
			types := []string{v1alpha1.ConditionReady, v1alpha1.ConditionExpectationsMet, v1alpha1.ConditionReconciling, v1alpha1.ConditionStalled}
			if diff := cmp.Diff(test.want, summary(got.Conditions, types...)); diff != "" {
				t.Errorf("conditions (-want +got):\n%s", diff)
			}
			if recheck != test.recheck {
				t.Errorf("recheck after %s, want %s", recheck, test.recheck)
			}
			var reasons []string
			for _, e := range status.ClientEvents(cr.Status, got) {
				if strings.HasPrefix(e.Reason, "Expectation") {
					reasons = append(reasons, e.Reason)
				}
			}
			if diff := cmp.Diff(test.events, strings.Join(reasons, " ")); diff != "" {
				t.Errorf("events (-want +got):\n%s", diff)
			}
		})
	}
}

func TestABrokenExpectationIsRestoredOnce(t *testing.T) {
	cr := newClient()
	cr.Spec.Expect = v1alpha1.Expect{MaxOutages: new(int32(0)), Window: "1h", RecoverWithin: "0s"}
	var reasons []string
	for _, after := range []time.Duration{0, time.Minute, time.Hour, 2 * time.Hour} {
		seen := status.ClientSeen{Deployment: deployment(1, 1), Pods: said(caller(1, outage(10*time.Minute, time.Second)))}
		got, _ := clientStatus(t, cr, greeter, seen, nil, noon.Add(after))
		for _, e := range status.ClientEvents(cr.Status, got) {
			reasons = append(reasons, e.Reason)
		}
		cr.Status = got
	}
	want := []string{"OutageBegan", "OutageEnded", "ExpectationBroken", "SessionsEstablished", "ExpectationRestored"}
	if diff := cmp.Diff(want, reasons); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

// TestABlockedPathStaysProvenUnseen holds that an operator which cannot read
// anything does not forget what was shown.
func TestABlockedPathStaysProvenUnseen(t *testing.T) {
	cr := newClient()
	cr.Spec.Expect = v1alpha1.Expect{Connect: v1alpha1.PathBlocked, Window: "1h", RecoverWithin: "0s"}
	proof := caller(0)
	proof.Sessions = snapshot.Sessions{Desired: 1, Blocked: 1}
	cr.Status, _ = clientStatus(t, cr, greeter, status.ClientSeen{Deployment: deployment(1, 1), Pods: said(proof)}, nil, noon)
	got, _ := clientStatus(t, cr, greeter, status.ClientSeen{Pods: status.PodsSeen{Unlisted: true}}, errPlain, noon)
	if diff := cmp.Diff(cr.Status, got); diff != "" {
		t.Errorf("status:\n%s", diff)
	}
}
