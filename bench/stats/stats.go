// Package stats sums up measurements that were taken in rounds, with all
// contenders in each round. What a busy machine does to a round, it does to
// all of them: so ratios are formed within a round, and only then summed up.
package stats

import (
	"cmp"
	"math"
	"slices"
)

// Quantile returns the smallest value that at least the share q of the values
// does not exceed (the nearest rank). q is in (0,1]. Without values it is the
// zero value. The values need not be sorted.
func Quantile[T cmp.Ordered](values []T, q float64) T {
	if len(values) == 0 {
		var none T
		return none
	}
	sorted := slices.Sorted(slices.Values(values))
	rank := int(math.Ceil(q*float64(len(sorted)))) - 1
	return sorted[min(max(rank, 0), len(sorted)-1)]
}

// Spread is the median of some rounds, and how far they lay apart.
type Spread struct {
	Median, Min, Max float64
	Rounds           int // that had a value; 0: there is nothing to tell
	Missing          int // rounds that had none
}

// Of sums up values. Those that are NaN were not measured: they are counted as
// missing, and say nothing else.
func Of(values []float64) Spread {
	known := slices.DeleteFunc(slices.Clone(values), math.IsNaN)
	missing := len(values) - len(known)
	if len(known) == 0 {
		return Spread{Median: math.NaN(), Min: math.NaN(), Max: math.NaN(), Missing: missing}
	}
	slices.Sort(known)
	middle := len(known) / 2
	median := known[middle]
	if len(known)%2 == 0 {
		median = (known[middle-1] + known[middle]) / 2
	}
	return Spread{Median: median, Min: known[0], Max: known[len(known)-1], Rounds: len(known), Missing: missing}
}

// Ratios divides round by round, and sums up. A round that lacks one of the
// two, or whose divisor is 0, is missing.
func Ratios(ours, theirs []float64) Spread {
	ratios := make([]float64, min(len(ours), len(theirs)))
	for i := range ratios {
		ratios[i] = math.NaN()
		if theirs[i] != 0 {
			ratios[i] = ours[i] / theirs[i]
		}
	}
	return Of(ratios)
}
