package report

import (
	"fmt"

	"tcp-operator.io/bench/stats"
)

// A Target bounds the median of a figure, or of its ratios to a peer's.
type Target struct {
	peer    string // empty: the value itself is bounded
	bound   float64
	atLeast bool
}

// AtMost bounds the value of an absolute figure.
func AtMost(bound float64) Target { return Target{bound: bound} }

// AtMostOf bounds the ratio to a peer from above.
func AtMostOf(peer string, bound float64) Target { return Target{peer: peer, bound: bound} }

// AtLeastOf bounds the ratio to a peer from below.
func AtLeastOf(peer string, bound float64) Target {
	return Target{peer: peer, bound: bound, atLeast: true}
}

func (t Target) String() string {
	relation := "<="
	if t.atLeast {
		relation = ">="
	}
	if t.peer == "" {
		return fmt.Sprintf("%s %s", relation, number(t.bound))
	}
	return fmt.Sprintf("%s %s x %s", relation, number(t.bound), t.peer)
}

// met reports whether the target is met. One whose peer cannot be run on this
// machine asks for nothing. One that was not measured is not met, nor is one
// that ours failed in a round of: the rounds that went well do not make up for
// it.
func (t Target) met(table *Table, f Figure) bool {
	value := stats.Of(table.Series[table.Ours][f.Name])
	if value.Missing > 0 {
		return false
	}
	if t.peer != "" {
		if _, ran := table.Series[t.peer]; !ran {
			return true
		}
		value = table.ratio(f, t.peer)
	}
	if t.atLeast {
		return value.Median >= t.bound
	}
	return value.Median <= t.bound // false for NaN
}
