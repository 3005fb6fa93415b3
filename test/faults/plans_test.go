package faults

import (
	"flag"
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
	sample = flag.Int("sample", 96, "how many plans to run without -full")
	seed   = flag.Uint64("seed", uint64(time.Now().UnixNano()), "which sample of the plans to run")
)

// TestPlans injects a fault at the operator's calls, one at a time, and holds
// that the operator gets over each: everything comes to be as its documentation
// says, and then stays, without a write more, and with no child made or
// deleted more than in the undisturbed run.
func TestPlans(t *testing.T) {
	h := harness(t, plans.Mutant{})
	undisturbed, all := enumerate(t, h)
	total := len(all)
	table := plans.NewTable()
	began := time.Now()
	forEach(choose(t, all), func(p plans.Plan) {
		reference := undisturbed[p.Workload.String()]
		result := h.Run(t.Context(), p, &reference)
		if table.Add(p, result)%500 == 0 {
			t.Logf("%d plans so far", table.Runs())
		}
		if result.Err != nil && t.Context().Err() == nil {
			t.Errorf("%s: %v", p, result.Err)
		}
	})
	t.Logf("%d of %d plans in %s\n%s", table.Runs(), total, time.Since(began).Round(time.Second), table)
}

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
	undisturbed := map[string]plans.Result{}
	var all []plans.Plan
	for _, w := range edits.All() {
		if !concerns(w) {
			continue
		}
		result, its := h.Undisturbed(t.Context(), w)
		if result.Err != nil {
			t.Fatalf("%s, undisturbed: %v", w, result.Err)
		}
		undisturbed[w.String()] = result
		all = append(all, its...)
	}
	return undisturbed, all
}

// concerns tells whether -plan leaves a workload to be run.
func concerns(w edits.Workload) bool {
	return strings.HasPrefix(*only, w.String()+"/") || strings.HasPrefix(w.String(), *only)
}

// choose is all that -plan and -family leave with -full or -plan, or a sample.
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
	t.Logf("a sample of the plans, by -seed %d", *seed)
	random := rand.New(rand.NewPCG(*seed, 0))
	random.Shuffle(len(chosen), func(i, j int) { chosen[i], chosen[j] = chosen[j], chosen[i] })
	return chosen[:min(*sample, len(chosen))]
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
