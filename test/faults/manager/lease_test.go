package manager

import (
	"slices"
	"testing"
	"time"

	ctrl "sigs.k8s.io/controller-runtime"

	"tcp-operator.io/test/faults/edits"
	"tcp-operator.io/test/faults/wire"
)

// leading lets an operator act while it holds the namespace's lease. The times
// are a fifth of those that it is shipped with.
func leading(namespace string) func(*ctrl.Options) {
	return func(o *ctrl.Options) {
		o.LeaderElection = true
		o.LeaderElectionID = "tcp-operator"
		o.LeaderElectionNamespace = namespace
		o.LeaderElectionReleaseOnCancel = true
		o.LeaseDuration, o.RenewDeadline, o.RetryPeriod = new(3*time.Second), new(2*time.Second), new(400*time.Millisecond)
	}
}

// TestTheLeaderIsCutOff: the leader cannot reach the API server any more. It
// ends with an error, and the other operator takes over.
func TestTheLeaderIsCutOff(t *testing.T) {
	load := edits.Servers()[0]
	r := referenceOf(t, load)
	x := prepare(t, "leader cut off")
	x.options = append(x.options, leading(x.namespace))
	first := &wire.Wire{}
	x.start(first)
	leader := x.operator
	x.make(settling, load.Edits...) // so it leads
	second := &wire.Wire{}
	x.startBeside(second)
	first.Cut(refused)
	began := time.Now()
	select {
	case <-leader.ended:
	case <-time.After(recovery):
		t.Fatal("the leader lives on")
	}
	if leader.err == nil {
		t.Error("the leader ends without an error: its process would exit with 0")
	}
	leader.err = nil
	t.Logf("the leader ended %s after it was cut off: RenewDeadline is 2s", time.Since(began))
	before := len(first.Writes())
	x.make(recovery, edits.Servers()[2].Edits...) // scale up and down again: the other one leads
	if len(second.Writes()) == 0 {
		t.Error("the other operator wrote nothing")
	}
	// The recorder of events outlives the manager, though not the process.
	more := slices.DeleteFunc(first.Writes()[before:], func(r wire.Request) bool { return r.Resource == "events" })
	if len(more) > 0 {
		t.Errorf("once it had ended, the leader sent %v", more)
	}
	got := x.judge()
	for kind, n := range r.Tally.Made {
		if got.Tally.Made[kind] != n && kind != "PodDisruptionBudget" {
			t.Errorf("%d of kind %s were made, want %d", got.Tally.Made[kind], kind, n)
		}
	}
}
