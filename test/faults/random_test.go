package faults

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"tcp-operator.io/test/faults/edits"
	"tcp-operator.io/test/faults/plans"
)

// TestRandom makes random edits, among them what others do to children, while
// several faults strike at random places. All must come to match and to rest.
func TestRandom(t *testing.T) {
	h := harness(t, plans.Mutant{})
	pool := append(edits.Any(), edits.Drift()...)
	rapid.Check(t, func(rt *rapid.T) {
		w := edits.Workload{Kind: "both", Name: "random", Given: edits.Pair()}
		for range rapid.IntRange(1, 4).Draw(rt, "steps") {
			w.Edits = append(w.Edits, together(rt, pool))
		}
		strikes := map[string]plans.Fault{}
		for range rapid.IntRange(0, 3).Draw(rt, "faults") {
			place, fault := strike(rt)
			strikes[place] = fault
		}
		if result := h.RunAll(t.Context(), w, strikes); result.Err != nil {
			rt.Fatalf("%v\n%s", result.Err, describe(w, strikes))
		}
	})
}

// together draws edits that are made in one go.
func together(rt *rapid.T, pool []edits.Edit) edits.Edit {
	var all []edits.Edit
	for range rapid.IntRange(1, 3).Draw(rt, "edits") {
		all = append(all, pool[rapid.IntRange(0, len(pool)-1).Draw(rt, "edit")])
	}
	return edits.Together(all...)
}

func strike(rt *rapid.T) (string, plans.Fault) {
	verb, faults, last := "write", plans.AtWrites(), 15
	if rapid.Bool().Draw(rt, "at a read") {
		verb, faults, last = "read", plans.AtReads(), 60
	}
	place := fmt.Sprintf("%s-%d", verb, rapid.IntRange(1, last).Draw(rt, "place"))
	return place, faults[rapid.IntRange(0, len(faults)-1).Draw(rt, "fault")]
}

func describe(w edits.Workload, strikes map[string]plans.Fault) string {
	var text strings.Builder
	for _, e := range w.Edits {
		text.WriteString("edit: " + e.Name + "\n")
	}
	for place, fault := range strikes {
		text.WriteString(place + ": " + fault.Name + "\n")
	}
	return text.String()
}
