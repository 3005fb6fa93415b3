package faults

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"tcp-operator.io/test/faults/edits"
	"tcp-operator.io/test/faults/plans"
)

var (
	only   = flag.String("plan", "", "run the one plan of this `name` and print its calls, or all whose names begin with it")
	family = flag.String("family", "", "run the plans of this family of faults only: crash, lost, refuse, vanish, stale or travel")
	sample = flag.Int("sample", 33, "how many plans of each of the large families to run without -full")
	seed   = flag.Uint64("seed", uint64(time.Now().UnixNano()), "which sample of the plans to run")
)

// TestPlans injects a fault at the operator's calls, one at a time, and holds
// that the operator gets over each: everything comes to be as its documentation
// says, and then stays, without a write more, and with no child made or
// deleted more than in the undisturbed run.
func TestPlans(t *testing.T) {
	h := harness(t, plans.Mutant{})
	references, all := enumerate(t, h)
	results = plans.NewTable(all)
	began := time.Now()
	forEach(choose(t, all), func(p plans.Plan) {
		reference := references[p.Workload.String()]
		result := h.Run(t.Context(), p, &reference)
		if results.Add(p, result)%progress == 0 {
			fmt.Printf("%s: %s\n", time.Since(began).Round(time.Second), results.Line())
		}
		if result.Err != nil && t.Context().Err() == nil {
			t.Errorf("%s: %v", p, result.Err)
		}
	})
}

// results are those of TestPlans; TestMain prints them. nil: it has not run.
var results *plans.Table

// progress is after how many plans a line says how far the test has come, so
// that what was found is known even of a run that is ended early.
const progress = 200

func harness(t *testing.T, m plans.Mutant) *plans.Harness {
	t.Helper()
	h, err := plans.New(server.Config, server.Scheme, m)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// enumerate runs every workload undisturbed, and returns the results by the
// workload's name, and all plans in a fixed order.
func enumerate(t *testing.T, h *plans.Harness) (map[string]plans.Result, []plans.Plan) {
	t.Helper()
	references := map[string]plans.Result{}
	var all []plans.Plan
	for _, w := range edits.All() {
		if !concerns(w) {
			continue
		}
		result, its := h.Undisturbed(t.Context(), w)
		if result.Err != nil {
			t.Fatalf("%s, undisturbed: %v", w, result.Err)
		}
		references[w.String()] = result
		all = append(all, its...)
	}
	return references, all
}

// concerns tells whether -plan leaves a workload to be run.
func concerns(w edits.Workload) bool {
	return strings.HasPrefix(*only, w.String()+"/") || strings.HasPrefix(w.String(), *only)
}

// choose is all that -plan and -family leave with -full or -plan, or a sample:
// all of the small families, and of the large ones some of every workload.
func choose(t *testing.T, all []plans.Plan) []plans.Plan {
	t.Helper()
	chosen := slices.DeleteFunc(all, func(p plans.Plan) bool {
		named := p.String() == *only || strings.HasPrefix(p.String()+"/", strings.TrimSuffix(*only, "/")+"/")
		return *only != "" && !named || *family != "" && string(p.Fault.Family) != *family
	})
	if len(chosen) == 0 {
		t.Fatalf("there is no plan %q of family %q", *only, *family)
	}
	if *full || *only != "" {
		return chosen
	}
	random := rand.New(rand.NewPCG(*seed, 0))
	var sampled []plans.Plan
	for _, f := range plans.Families {
		its := slices.DeleteFunc(slices.Clone(chosen), func(p plans.Plan) bool { return p.Fault.Family != f })
		if slices.Contains(large, f) {
			its = spread(random, its, *sample)
		}
		sampled = append(sampled, its...)
	}
	return sampled
}

// large are the families of thousands and hundreds of plans.
var large = []plans.Family{plans.Refuse, plans.Stale, plans.Travel}

// spread picks n plans, of every workload as many as of the others.
func spread(random *rand.Rand, all []plans.Plan, n int) []plans.Plan {
	random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	turn := map[string]int{} // the plans of a workload so far
	turns := make(map[string]int, len(all))
	for _, p := range all {
		turns[p.String()] = turn[p.Workload.String()]
		turn[p.Workload.String()]++
	}
	slices.SortStableFunc(all, func(a, b plans.Plan) int { return turns[a.String()] - turns[b.String()] })
	return all[:min(n, len(all))]
}

// forEach runs plans side by side: an API server has time for several.
func forEach(all []plans.Plan, run func(plans.Plan)) {
	next := make(chan plans.Plan)
	var workers sync.WaitGroup
	for range 2 * runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for p := range next {
				run(p)
			}
		})
	}
	for _, p := range all {
		next <- p
	}
	close(next)
	workers.Wait()
}
