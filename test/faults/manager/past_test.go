package manager

import (
	"fmt"
	"testing"

	"tcp-operator.io/test/faults/wire"
)

// TestTheOperatorTravelsBack is A5: after the edits the operator is started
// again on an API server that lags: it shows what was before one of them.
func TestTheOperatorTravelsBack(t *testing.T) {
	const kind = "time travel"
	for _, load := range sampled(t, "", 2) {
		t.Run(load.String(), func(t *testing.T) {
			t.Parallel()
			r := referenceOf(t, load)
			for _, before := range few(t, kind, indexes(len(load.Edits)), 1) {
				t.Run(fmt.Sprint("before-edit-", before), func(t *testing.T) {
					t.Parallel()
					w := &wire.Wire{}
					x := newTrial(t, kind, w)
					x.make(settling, load.Given...)
					x.make(settling, load.Edits[:before]...)
					x.rest(recovery)
					past, err := w.Past()
					if err != nil {
						t.Fatal(err)
					}
					x.make(settling, load.Edits[before:]...)
					x.rest(recovery)
					x.operator.stop(t)
					lagging := &wire.Wire{}
					lagging.Return(past)
					x.start(lagging)
					x.quiet(stillness(), frozenSettling*3)
					lagging.Thaw()
					r.compare(t, x.judge())
				})
			}
		})
	}
}
