package manager

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tcp-operator.io/test/faults/edits"
	"tcp-operator.io/test/faults/wire"
)

// settling is the time that an edit gets before the next one. An operator that
// is held up may not be done by then.
const settling = 20 * time.Second

// reference is a run of a workload in which nothing went wrong.
type reference struct {
	end
	frames map[string]int // frames of the edits, by resource
	writes int            // of the edits
	own    int            // of them, those to children
}

// undisturbed runs a workload on its own.
func undisturbed(t *testing.T, load edits.Workload) reference {
	t.Helper()
	w := &wire.Wire{}
	x := newTrial(t, "undisturbed", w)
	x.make(settling, load.Given...)
	x.rest(recovery)
	before, given := x.writes(), w.Frames()
	x.make(settling, load.Edits...)
	r := reference{end: x.judge(), frames: w.Frames()}
	edited := x.writes()[len(before):]
	r.writes, r.own = len(edited), toChildren(edited)
	for resource := range r.frames {
		r.frames[resource] -= given[resource]
	}
	x.passed = !t.Failed() // its test goes on with other plans
	return r
}

// surelyWrites tells whether an operator can be counted on to write. Children
// have to be; two statuses may be summed up in one, and that in the one of before.
// Of the full set, a fault that misses is counted, and that is all.
func (r reference) surelyWrites() bool { return r.own > 0 || *full && r.writes > 0 }

// toChildren counts the writes that are not of a status.
func toChildren(writes []wire.Request) int {
	n := 0
	for _, r := range writes {
		if !strings.HasSuffix(r.Resource, "/status") {
			n++
		}
	}
	return n
}

// references are run once for each workload.
var references sync.Map

func referenceOf(t *testing.T, load edits.Workload) reference {
	t.Helper()
	if known, ok := references.Load(load.String()); ok {
		return known.(reference)
	}
	r := undisturbed(t, load)
	references.Store(load.String(), r)
	return r
}

// compare holds that a trial came to the same end as the reference, by as many
// creations and deletions.
func (r reference) compare(t *testing.T, got end) {
	t.Helper()
	if diff := cmp.Diff(r.end, got); diff != "" {
		t.Errorf("the end is not that of an undisturbed run (-want +got):\n%s", diff)
	}
}

// compareState is compare where some states may have passed unseen: then fewer
// children may have been made, and never more.
func (r reference) compareState(t *testing.T, got end) {
	t.Helper()
	if diff := cmp.Diff(r.Normal, got.Normal); diff != "" {
		t.Errorf("the end is not that of an undisturbed run (-want +got):\n%s", diff)
	}
	for kind, n := range got.Tally.Made {
		if n > r.Tally.Made[kind] {
			t.Errorf("%d of kind %s were made, %d in an undisturbed run", n, kind, r.Tally.Made[kind])
		}
	}
}
