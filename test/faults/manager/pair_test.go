package manager

import (
	"slices"
	"testing"

	"tcp-operator.io/test/faults/edits"
	"tcp-operator.io/test/faults/wire"
)

// ofOneImage are the workloads that change no image: two operators that run
// different images in pods undo each other's work for ever, and only the lease
// keeps them apart.
func ofOneImage() []edits.Workload {
	return slices.DeleteFunc(edits.All(), func(w edits.Workload) bool {
		return slices.ContainsFunc(w.Edits, func(e edits.Edit) bool { return e.Image != "" })
	})
}

// TestTwoOperatorsAct is A8: two operators believe that they lead, all the
// time.
func TestTwoOperatorsAct(t *testing.T) {
	const kind = "two active operators"
	for _, load := range sampledOf(t, kind, ofOneImage(), 2) {
		t.Run(load.String(), func(t *testing.T) {
			t.Parallel()
			r := referenceOf(t, load)
			x := newTrial(t, kind, &wire.Wire{})
			x.startBeside(&wire.Wire{})
			x.make(settling, load.Given...)
			x.make(settling, load.Edits...)
			r.compare(t, x.judge())
		})
	}
}

// TestAPausedOperatorGoesOn is the other half of A8: an operator stands still
// while another takes over, and then goes on with what it knew.
func TestAPausedOperatorGoesOn(t *testing.T) {
	const kind = "operator paused and resumed"
	for _, load := range sampledOf(t, kind, ofOneImage(), 2) {
		t.Run(load.String(), func(t *testing.T) {
			t.Parallel()
			r := referenceOf(t, load)
			paused := &wire.Wire{}
			x := newTrial(t, kind, paused)
			x.make(settling, load.Given...)
			x.rest(recovery)
			paused.Hold()
			x.startBeside(&wire.Wire{})
			x.make(settling, load.Edits...)
			x.rest(recovery)
			paused.Release()
			r.compare(t, x.judge())
		})
	}
}
