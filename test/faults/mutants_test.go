package faults

import (
	"testing"

	"tcp-operator.io/test/faults/edits"
	"tcp-operator.io/test/faults/plans"
)

// undisturbed is what catches a bug that shows while nothing goes wrong.
const undisturbed plans.Family = "undisturbed"

// habitats are where each bug does harm, and the family of faults that it takes.
var habitats = map[string]struct {
	workload string
	family   plans.Family
}{
	"delete by name":                {"TcpServer/optional", undisturbed},
	"skip if exists":                {"TcpServer/create", plans.Crash},
	"edge trigger":                  {"TcpServer/create", plans.Refuse},
	"status without lock":           {"TcpServer/change-delay", plans.Travel},
	"status before children":        {"TcpServer/change-delay", undisturbed},
	"not found ignored":             {"TcpClient/create-first", undisturbed},
	"rolls back what took too long": {"TcpServer/create", plans.Lost},
	"makes each child once":         {"TcpServer/change-delay", plans.Vanish},
	"looks at generations only":     {"TcpServer/lose-pods", plans.Stale},
}

// TestMutants holds that the plans would find the classic bugs: each family of
// faults finds one that an undisturbed run does not show. With -full it tells
// which other families would find it too.
func TestMutants(t *testing.T) {
	for _, m := range plans.Mutants() {
		t.Run(m.Name, func(t *testing.T) {
			in, h := habitats[m.Name], harness(t, m)
			caught, why := catch(t, h, in.workload, in.family)
			if why == nil {
				t.Fatalf("not caught by any plan of %s with faults of the family %q", in.workload, in.family)
			}
			t.Logf("caught by %s: %v", caught, why)
			if !*full || in.family == undisturbed {
				return
			}
			var also []plans.Family
			for _, other := range plans.Families {
				if _, why := catch(t, h, in.workload, other); why != nil {
					also = append(also, other)
				}
			}
			t.Logf("%s: %v catch it", in.workload, also)
		})
	}
}

// catch returns the first plan of a family that fails, and why. Nothing is
// wrong with the bug where the family's fault does not strike.
func catch(t *testing.T, h *plans.Harness, workload string, family plans.Family) (plans.Plan, error) {
	t.Helper()
	for _, w := range edits.All() {
		if w.String() != workload {
			continue
		}
		reference, all := h.Undisturbed(t.Context(), w)
		if family == undisturbed {
			return plans.Plan{Workload: w}, reference.Err
		}
		if reference.Err != nil {
			t.Fatalf("%s, undisturbed: %v", w, reference.Err)
		}
		for _, p := range all {
			if p.Fault.Family != family {
				continue
			}
			if result := h.Run(t.Context(), p, &reference); result.Err != nil && result.Err != plans.ErrMissed {
				return p, result.Err
			}
		}
	}
	return plans.Plan{}, nil
}

// TestAStatusIsNotLeftBehind runs the plans that once found a status which
// nothing would ever correct: pods were lost and back before the cache showed
// that their loss had been reported.
func TestAStatusIsNotLeftBehind(t *testing.T) {
	if p, why := catch(t, harness(t, plans.Mutant{}), "TcpServer/lose-pods", plans.Stale); why != nil {
		t.Errorf("%s: %v", p, why)
	}
}
