package manager

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	ctrl "sigs.k8s.io/controller-runtime"

	"tcp-operator.io/test/faults/edits"
	"tcp-operator.io/test/faults/wire"
)

// sampled picks some workloads, or all of them for the full set.
func sampled(t *testing.T, n int) []edits.Workload {
	t.Helper()
	all := edits.All()
	if *full {
		return all
	}
	t.Logf("a sample: -seed %d", *seed)
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

// few picks some plans of a workload, or all of them for the full set.
func few[P any](t *testing.T, all []P, n int) []P {
	t.Helper()
	if *full || len(all) <= n {
		return all
	}
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
func framePlans(r reference, fates ...wire.Fate) []framePlan {
	var all []framePlan
	for _, resource := range slices.Sorted(maps.Keys(r.frames)) {
		for i := range r.frames[resource] {
			for _, fate := range fates {
				all = append(all, framePlan{resource, i, fate})
			}
		}
	}
	return all
}

// judge is the fate of the frame that the plan is about.
func (p framePlan) judge(given map[string]int) func(wire.Frame) wire.Fate {
	return func(f wire.Frame) wire.Fate {
		if f.Resource == p.resource && f.Index == given[p.resource]+p.index {
			return p.fate
		}
		return wire.Deliver
	}
}

// TestAFrameIsLost is A6: every event of every watch does not come, comes
// together with what follows, or has to be found by listing again.
func TestAFrameIsLost(t *testing.T) {
	for _, load := range sampled(t, 2) {
		t.Run(load.String(), func(t *testing.T) {
			t.Parallel()
			r := referenceOf(t, load)
			for _, plan := range few(t, framePlans(r, wire.Drop, wire.Coalesce, wire.Relist), 2) {
				t.Run(plan.String(), func(t *testing.T) {
					t.Parallel()
					x := newTrial(t, &wire.Wire{Patience: 300 * time.Millisecond, Judge: plan.judge(r.given)})
					x.make(settling, slices.Concat(load.Given, load.Edits)...)
					r.compare(t, x.judge())
					results.judged(t, "watch frame: "+plan.fate.String(), x)
				})
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
			for _, load := range sampled(t, 2) {
				t.Run(load.String(), func(t *testing.T) {
					t.Parallel()
					r := referenceOf(t, load)
					for _, plan := range few(t, framePlans(r, wire.Freeze), 2) {
						t.Run(plan.String(), func(t *testing.T) {
							t.Parallel()
							w := &wire.Wire{Judge: plan.judge(r.given)}
							x := newTrial(t, w, options...)
							x.make(settling, load.Given...)
							x.make(frozenSettling, load.Edits...)
							w.Thaw()
							r.compareState(t, x.judge())
							results.judged(t, "frozen watch, "+name, x)
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
