package stats

import (
	"math"
	"testing"
	"time"
)

func TestQuantile(t *testing.T) {
	hundred := make([]time.Duration, 100)
	for i := range hundred {
		hundred[i] = time.Duration(100 - i) // 100 .. 1: not sorted
	}
	for _, tt := range []struct {
		name   string
		values []time.Duration
		q      float64
		want   time.Duration
	}{
		{"median", hundred, 0.50, 50},
		{"99th percentile", hundred, 0.99, 99},
		{"maximum", hundred, 1, 100},
		{"between two ranks the upper", hundred, 0.985, 99},
		{"one value is every quantile", []time.Duration{7}, 0.01, 7},
		{"no values", nil, 0.5, 0},
	} {
		if got := Quantile(tt.values, tt.q); got != tt.want {
			t.Errorf("%s: got %d, want %d", tt.name, got, tt.want)
		}
	}
	if hundred[0] != 100 {
		t.Error("the values were sorted in place")
	}
}

func TestOf(t *testing.T) {
	nan := math.NaN()
	for _, tt := range []struct {
		name   string
		values []float64
		want   Spread
	}{
		{"odd", []float64{3, 1, 2}, Spread{Median: 2, Min: 1, Max: 3, Rounds: 3}},
		{"even", []float64{4, 1, 2, 3}, Spread{Median: 2.5, Min: 1, Max: 4, Rounds: 4}},
		{"rounds without a value are missing", []float64{nan, 5, nan}, Spread{Median: 5, Min: 5, Max: 5, Rounds: 1, Missing: 2}},
	} {
		if got := Of(tt.values); got != tt.want {
			t.Errorf("%s: got %+v, want %+v", tt.name, got, tt.want)
		}
	}
	if got := Of([]float64{nan}); got.Rounds != 0 || got.Missing != 1 || !math.IsNaN(got.Median) {
		t.Errorf("nothing measured: got %+v, want a median that is no number", got)
	}
}

// A slow round slows all: its ratio is as good as any other.
func TestRatiosAreFormedWithinARound(t *testing.T) {
	ours := []float64{100, 20, 110}
	theirs := []float64{50, 10, 50}
	want := Spread{Median: 2, Min: 2, Max: 2.2, Rounds: 3}
	if got := Ratios(ours, theirs); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestRatiosLeaveOutWhatIsMissing(t *testing.T) {
	nan := math.NaN()
	ours := []float64{4, nan, 9, 5}
	theirs := []float64{2, 3, 0, 5, 1}
	want := Spread{Median: 1.5, Min: 1, Max: 2, Rounds: 2, Missing: 2}
	if got := Ratios(ours, theirs); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}
