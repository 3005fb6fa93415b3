package faults

import (
	"testing"

	"tcp-operator.io/test/faults/edits"
	"tcp-operator.io/test/faults/plans"
)

func TestUndisturbed(t *testing.T) {
	h, err := plans.New(server.Config, server.Scheme, plans.Mutant{})
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range edits.All() {
		t.Run(w.String(), func(t *testing.T) {
			result, all := h.Undisturbed(t.Context(), w)
			if result.Err != nil {
				t.Error(result.Err)
			}
			t.Logf("%d plans, %d reconciles, %d+ %d-", len(all), result.Reconciles, result.Created, result.Deleted)
		})
	}
}
