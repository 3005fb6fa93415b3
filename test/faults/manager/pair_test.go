package manager

import (
	"testing"

	"tcp-operator.io/test/faults/wire"
)

// TestTwoOperatorsAct is A8: two operators believe that they lead, all the
// time.
func TestTwoOperatorsAct(t *testing.T) {
	for _, load := range sampled(t, 2) {
		t.Run(load.String(), func(t *testing.T) {
			t.Parallel()
			r := referenceOf(t, load)
			x := newTrial(t, &wire.Wire{})
			x.startBeside(&wire.Wire{})
			x.make(settling, load.Given...)
			x.make(settling, load.Edits...)
			r.compare(t, x.judge())
			results.judged(t, "two active operators", x)
		})
	}
}

// TestAPausedOperatorGoesOn is the other half of A8: an operator stands still
// while another takes over, and then goes on with what it knew.
func TestAPausedOperatorGoesOn(t *testing.T) {
	for _, load := range sampled(t, 2) {
		t.Run(load.String(), func(t *testing.T) {
			t.Parallel()
			r := referenceOf(t, load)
			paused := &wire.Wire{}
			x := newTrial(t, paused)
			x.make(settling, load.Given...)
			x.rest(recovery)
			paused.Hold()
			x.startBeside(&wire.Wire{})
			x.make(settling, load.Edits...)
			x.rest(recovery)
			paused.Release()
			r.compare(t, x.judge())
			results.judged(t, "operator paused and resumed", x)
		})
	}
}
