package soak

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"
	"time"
)

// A metric is what is sampled of each process.
type metric struct {
	name, unit string
	series     string  // of /metrics
	scale      float64 // series' units in one of unit
	// share and slack are what the last third may have more than the first.
	share, slack float64
}

// Goroutines and descriptors follow the sessions of the moment: their medians
// may differ by what churn has open now and then.
//
// Memory may differ by what the garbage collector leaves lying about. A
// session's record is 2 KiB or so: would each of the ten that churn ends in a
// second be kept, then the server would grow by 8 MiB in the 400 s that lie
// between the medians of ten minutes, and the operator, at 30 KiB for the
// objects of a pair and two pairs a second, by 24 MiB. The slack is half of the
// lesser.
var metrics = []metric{
	{"memory", "MiB", "process_resident_memory_bytes", 1 << 20, 0.05, 4},
	{"goroutines", "", "go_goroutines", 1, 0.03, 5},
	{"descriptors", "", "process_open_fds", 1, 0.03, 5},
}

// A sample is one metric of one process at a time since the start.
type sample struct {
	at    time.Duration
	value float64
}

// A growth is how a metric moved after the warm-up.
type growth struct {
	process     string
	metric      metric
	first, last float64 // medians of the first and the last third
	slope       float64 // per hour, least squares
}

// bound is the most that the last third may have more than the first.
func (g growth) bound() float64 { return g.metric.share*g.first + g.metric.slack }

// flat tells whether neither the medians nor the line through all samples rise
// by more than the bound.
func (g growth) flat(over time.Duration) bool {
	return g.last-g.first <= g.bound() && g.slope*over.Hours() <= 1.5*g.bound()
}

// warmUp is the share of the time that is not judged: connections are made,
// caches fill, and heaps find their size.
const warmUp = 0.2

// growthOf judges samples in order of time.
func growthOf(process string, m metric, all []sample) (g growth, over time.Duration) {
	begin := time.Duration(warmUp * float64(all[len(all)-1].at))
	i := slices.IndexFunc(all, func(s sample) bool { return s.at >= begin })
	warm := all[i:]
	third := max(len(warm)/3, 1)
	return growth{process, m, median(warm[:third]), median(warm[len(warm)-third:]), slope(warm)}, warm[len(warm)-1].at - warm[0].at
}

func median(of []sample) float64 {
	values := make([]float64, len(of))
	for i, s := range of {
		values[i] = s.value
	}
	slices.Sort(values)
	return values[len(values)/2]
}

// slope is that of the line with the least squares, per hour.
func slope(of []sample) float64 {
	var x, y, xx, xy float64
	n := float64(len(of))
	for _, s := range of {
		h := s.at.Hours()
		x, y, xx, xy = x+h, y+s.value, xx+h*h, xy+h*s.value
	}
	if d := n*xx - x*x; d != 0 {
		return (n*xy - x*y) / d
	}
	return 0
}

// table prints growths for people.
func table(all []growth) string {
	var text strings.Builder
	w := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "process\tmetric\tfirst third\tlast third\tslope per hour\tmay rise by")
	for _, g := range all {
		name := strings.TrimSpace(g.metric.name + " " + g.metric.unit)
		fmt.Fprintf(w, "%s\t%s\t%.1f\t%.1f\t%+.1f\t%.1f\n", g.process, name, g.first, g.last, g.slope, g.bound())
	}
	_ = w.Flush() // into memory
	return text.String()
}

// TestGrowthIsSeen holds that a leak would be: one of a session in a hundred,
// of a kilobyte for each, and none.
func TestGrowthIsSeen(t *testing.T) {
	series := func(start, perSecond, noise float64) (all []sample) {
		for i := range 120 {
			at := time.Duration(i) * 5 * time.Second
			all = append(all, sample{at, start + perSecond*at.Seconds() + noise*float64(i%7-3)})
		}
		return all
	}
	for _, c := range []struct {
		name string
		of   metric
		all  []sample
		flat bool
	}{
		{"steady memory", metrics[0], series(40, 0, 0.5), true},
		{"a kept record of 2 KiB for each session", metrics[0], series(40, 10*2.0/1024, 0.5), false},
		{"steady goroutines", metrics[1], series(60, 0, 1), true},
		{"one goroutine in a hundred sessions stays", metrics[1], series(60, 0.1, 1), false},
		{"descriptors that come and go", metrics[2], series(1040, 0, 8), true},
		{"one descriptor in fifty sessions stays", metrics[2], series(1040, 0.2, 8), false},
	} {
		g, over := growthOf("any", c.of, c.all)
		if got := g.flat(over); got != c.flat {
			t.Errorf("%s: flat is %t\n%s", c.name, got, table([]growth{g}))
		}
	}
}
