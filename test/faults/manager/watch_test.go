package manager

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	ctrl "sigs.k8s.io/controller-runtime"

	"tcp-operator.io/test/faults/edits"
	"tcp-operator.io/test/faults/wire"
)

// sampled picks some workloads, or all of them for the full set. If each is a
// plan, kind names them.
func sampled(t *testing.T, kind string, n int) []edits.Workload {
	t.Helper()
	return sampledOf(t, kind, edits.All(), n)
}

func sampledOf(t *testing.T, kind string, all []edits.Workload, n int) []edits.Workload {
	t.Helper()
	if kind != "" {
		results.found(kind, len(all))
	}
	if *full {
		return all
	}
	dice(t).Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all[:n]
}

// dice are the same for a seed and a test.
func dice(t *testing.T) *rand.Rand {
	var sum uint64
	for _, c := range t.Name() {
		sum = sum*31 + uint64(c)
	}
	return rand.New(rand.NewPCG(*seed, sum))
}

// few picks some plans of a workload, and as many as -each says for the full
// set.
func few[P any](t *testing.T, kind string, all []P, n int) []P {
	t.Helper()
	results.found(kind, len(all))
	if *full {
		n = *each
	}
	if n == 0 || len(all) <= n {
		return all
	}
	all = slices.Clone(all)
	dice(t).Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all[:n]
}

// framePlan is that something happens to one frame.
type framePlan struct {
	resource string
	index    int // among the frames of the edits
	fate     wire.Fate
}

func (p framePlan) String() string { return fmt.Sprintf("%s-%d/%s", p.resource, p.index, p.fate) }

// framePlans are those for every frame of a reference.
func framePlans(r reference, fate wire.Fate) []framePlan {
	var all []framePlan
	for _, resource := range slices.Sorted(maps.Keys(r.frames)) {
		for i := range r.frames[resource] {
			all = append(all, framePlan{resource, i, fate})
		}
	}
	return all
}

// play runs the plan, or the one that stands in for it: edit says what happens
// once the operator rests on what is given.
func (p framePlan) play(t *testing.T, kind string, given []edits.Edit, edit func(*trial), options ...func(*ctrl.Options)) {
	t.Helper()
	untilItStrikes(t, kind, p.index, func(t *testing.T, index int) *trial {
		x := framePlan{p.resource, index, p.fate}.trial(t, kind, given, options...)
		edit(x)
		return x
	})
}

// trial starts an operator on a wire that carries all but the frame that the
// plan is about unharmed, and lets it rest on what is given. The frames are
// counted from there.
func (p framePlan) trial(t *testing.T, kind string, given []edits.Edit, options ...func(*ctrl.Options)) *trial {
	t.Helper()
	struck := &atomic.Bool{}
	var first atomic.Int64 // of the edits' frames
	first.Store(math.MaxInt32)
	w := &wire.Wire{Patience: 300 * time.Millisecond, Judge: func(f wire.Frame) wire.Fate {
		if f.Resource == p.resource && f.Index == int(first.Load())+p.index {
			struck.Store(true)
			return p.fate
		}
		return wire.Deliver
	}}
	x := newTrial(t, kind, w, options...)
	x.strike = struck
	x.make(settling, given...)
	x.rest(recovery)
	first.Store(int64(w.Frames()[p.resource]))
	return x
}

// TestAFrameIsLost is A6: every event of every watch does not come, comes
// together with what follows, or has to be found by listing again.
func TestAFrameIsLost(t *testing.T) {
	for _, load := range sampled(t, "", 3) {
		t.Run(load.String(), func(t *testing.T) {
			t.Parallel()
			r := referenceOf(t, load)
			for _, fate := range []wire.Fate{wire.Drop, wire.Coalesce, wire.Relist} {
				kind := "watch frame: " + fate.String()
				for _, plan := range few(t, kind, framePlans(r, fate), 1) {
					t.Run(plan.String(), func(t *testing.T) {
						t.Parallel()
						plan.play(t, kind, load.Given, func(x *trial) {
							x.make(settling, load.Edits...)
							r.compare(x.t, x.judge())
						})
					})
				}
			}
		})
	}
}

// TestAWatchIsFrozen is A4: the operator sees nothing new of one kind, from
// any version on, until all edits are made.
func TestAWatchIsFrozen(t *testing.T) {
	for name, options := range map[string][]func(*ctrl.Options){
		"reading its writes": nil, "not reading its writes": {withoutReadYourWrites},
	} {
		t.Run(name, func(t *testing.T) {
			kind := "frozen watch, " + name
			for _, load := range sampled(t, "", 2) {
				t.Run(load.String(), func(t *testing.T) {
					t.Parallel()
					r := referenceOf(t, load)
					for _, plan := range few(t, kind, framePlans(r, wire.Freeze), 2) {
						t.Run(plan.String(), func(t *testing.T) {
							t.Parallel()
							plan.play(t, kind, load.Given, func(x *trial) {
								x.make(frozenSettling, load.Edits...)
								x.operator.wire.Thaw()
								r.compareState(x.t, x.judge())
							}, options...)
						})
					}
				})
			}
		})
	}
}

// frozenSettling is the time that an edit gets while the operator cannot see
// what it has come to.
const frozenSettling = time.Second
