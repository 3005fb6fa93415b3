package faults

import (
	"testing"

	"tcp-operator.io/test/faults/edits"
	"tcp-operator.io/test/faults/plans"
)

// TestMutants holds that the plans would find the classic bugs. Each is looked
// for where it does harm, by the family of faults that it takes; none means
// that the undisturbed run is enough.
func TestMutants(t *testing.T) {
	where := map[string]struct {
		workload string
		family   plans.Family
	}{
		"delete by name":         {"TcpServer/optional", ""},
		"skip if exists":         {"TcpServer/create", plans.Crash},
		"edge trigger":           {"TcpServer/create", plans.Refuse},
		"status without lock":    {"TcpServer/change-delay", plans.Travel},
		"status before children": {"TcpServer/change-delay", ""},
		"not found ignored":      {"TcpClient/create-first", ""},
	}
	for _, m := range plans.Mutants() {
		t.Run(m.Name, func(t *testing.T) {
			w := where[m.Name]
			caught, why := catch(t, harness(t, m), w.workload, w.family)
			if why == nil {
				t.Fatalf("not caught by any plan of %s with faults of the family %q", w.workload, w.family)
			}
			t.Logf("caught by %s: %v", caught, why)
		})
	}
}

// catch returns the first plan that fails, and why.
func catch(t *testing.T, h *plans.Harness, workload string, family plans.Family) (plans.Plan, error) {
	t.Helper()
	for _, w := range edits.All() {
		if w.String() != workload {
			continue
		}
		undisturbed, all := h.Undisturbed(t.Context(), w)
		if undisturbed.Err != nil || family == "" {
			return plans.Plan{Workload: w}, undisturbed.Err
		}
		for _, p := range all {
			if p.Fault.Family != family {
				continue
			}
			if result := h.Run(t.Context(), p, &undisturbed); result.Err != nil {
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
