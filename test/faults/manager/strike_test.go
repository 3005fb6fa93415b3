package manager

import (
	"fmt"
	"testing"
)

// untilItStrikes runs the plan for an index among an operator's writes or
// frames, and where its fault has not struck, the plan for the one before. A
// running operator does not take the same course twice: it may sum up two states
// in one write, so that there is none of the number that a plan waits for. Of
// the full set every plan is run anyway, and none stands in for another.
func untilItStrikes(t *testing.T, kind string, index int, play func(t *testing.T, index int) *trial) {
	t.Helper()
	for {
		var x *trial // nil if it has ended early
		t.Run(fmt.Sprint("at-", index), func(t *testing.T) { x = play(t, index) })
		if x == nil || x.strike.Load() || index == 0 || *full {
			return
		}
		results.replacing(kind)
		index--
	}
}
