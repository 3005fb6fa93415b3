package report

import (
	"math"
	"slices"
	"strings"
	"testing"
)

func sampleTable() Table {
	return Table{
		Title: "Speed",
		Ours:  "ours",
		Peers: []string{"peer", "absent"},
		Figures: []Figure{
			{Name: "per second", Targets: []Target{AtLeastOf("peer", 1), AtLeastOf("absent", 2)}},
			{Name: "latency", Targets: []Target{AtMostOf("peer", 1)}},
			{Name: "lost", Absolute: true, Targets: []Target{AtMost(0)}},
		},
		Series: map[string]Series{
			"ours": {"per second": {30, 20, 10}, "latency": {6, 6, 6}, "lost": {0, 0, 0}},
			"peer": {"per second": {20, 20, 5}, "latency": {3, 12, 4}, "lost": {1, math.NaN(), 3}},
		},
	}
}

func TestPrint(t *testing.T) {
	var out strings.Builder
	table := sampleTable()
	unmet, err := table.Print(&out)
	if err != nil {
		t.Fatal(err)
	}
	if unmet != 1 {
		t.Errorf("%d figures are not met, want only the latency", unmet)
	}
	want := []string{
		"Speed",
		"ours peer absent target",
		"per second 1 1.5 (1-2) not available >= 1 x peer, >= 2 x absent met",
		"latency 1 1.5 (0.5-2) not available <= 1 x peer NOT MET",
		"lost 0 (0-0) 2 (1-3), 2 of 3 rounds not available <= 0 met",
	}
	var got []string
	for line := range strings.Lines(out.String()) {
		if fields := strings.Fields(line); len(fields) > 0 {
			got = append(got, strings.Join(fields, " "))
		}
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestWhatWasNotMeasuredIsNotMet(t *testing.T) {
	table := sampleTable()
	table.Series["ours"] = Series{"per second": {math.NaN()}, "latency": {math.NaN()}, "lost": {math.NaN()}}
	for _, f := range table.Figures {
		if _, met := table.line(f); met {
			t.Errorf("%s is met without a value", f.Name)
		}
	}
}

// A program that fails four times out of five and is quick the fifth time is
// not quick.
func TestAFailedRoundOfOursMeetsNothing(t *testing.T) {
	nan := math.NaN()
	table := sampleTable()
	table.Series["ours"] = Series{"per second": {nan, 90, nan}, "latency": {1, nan, 1}, "lost": {nan, nan, 0}}
	for figure, want := range map[string][]string{
		"per second": {"1, 1 of 3 rounds", "4.5, 1 of 3 rounds", "NOT MET"},
		"latency":    {"1, 2 of 3 rounds", "0.292 (0.25-0.333), 2 of 3 rounds", "NOT MET"},
		"lost":       {"0, 1 of 3 rounds", "2 (1-3), 2 of 3 rounds", "NOT MET"},
	} {
		i := slices.IndexFunc(table.Figures, func(f Figure) bool { return f.Name == figure })
		cells, _ := table.line(table.Figures[i])
		if got := []string{cells[0], cells[1], cells[4]}; !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", figure, got, want)
		}
	}
}

// A peer that fails loses its own rounds, and costs ours nothing.
func TestAFailedRoundOfAPeerIsLeftOut(t *testing.T) {
	table := sampleTable()
	table.Series["peer"]["per second"] = []float64{20, math.NaN(), 5}
	cells, met := table.line(table.Figures[0])
	if want := "1.75 (1.5-2), 2 of 3 rounds"; cells[0] != "1" || cells[1] != want || !met {
		t.Errorf("got %q, met %t; want 1, %q and met", cells, met, want)
	}
}

func TestATableTellsThatTheMachineWasBusy(t *testing.T) {
	for _, tt := range []struct {
		name   string
		others []float64
		want   string
	}{
		{"not watched", nil, ""},
		{"idle", []float64{0, 0.01, 0.049}, ""},
		{"busy", []float64{0.02, 0.31, 0.5}, "THE MACHINE HAD OTHER WORK: 31 % of its processors (2-50), in 2 of 3 samples too much."},
	} {
		table := sampleTable()
		table.Others = tt.others
		var out strings.Builder
		if _, err := table.Print(&out); err != nil {
			t.Fatal(err)
		}
		warned := strings.Contains(out.String(), "OTHER WORK")
		if warned != (tt.want != "") || !strings.Contains(out.String(), tt.want) {
			t.Errorf("%s: got\n%s\nwant in it %q", tt.name, out.String(), tt.want)
		}
	}
}
