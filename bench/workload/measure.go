package main

import (
	"context"
	"fmt"
	"math"
	"os"
	"slices"
	"time"

	"tcp-operator.io/bench/machine"
	"tcp-operator.io/bench/report"
)

// A measure takes one sample of each contender in each round, and makes one
// table of them.
type measure struct {
	name  string // for -only
	title string
	peers []string // the contenders beside the workload
	// rounds is how many there are at most; 0: as many as asked for.
	rounds  int
	figures []report.Figure
	// take takes one sample, of a fresh server.
	take func(ctx context.Context, b *bench, contender string, round int) (sample, error)
}

// A sample is what was measured of one contender in one round, by figure.
type sample map[string]float64

// bench is what the measures have in common.
type bench struct {
	fleet
	sizes
	rounds int
}

// sizes are how much is measured.
type sizes struct {
	sessions int           // as many as descriptors allow
	few      []int         // smaller numbers of sessions for the delay
	delay    time.Duration // of replies
	pingPong time.Duration // how long one lasts
}

// takeBound bounds one sample, whatever a contender does.
const takeBound = 90 * time.Second

// run takes all samples. The order of the contenders rotates from round to
// round, so that none always follows the same other.
func (b *bench) run(ctx context.Context, m *measure) (report.Table, error) {
	contenders := slices.DeleteFunc(append([]string{ours}, m.peers...), func(name string) bool { return !b.has(name) })
	series := make(map[string]report.Series, len(contenders))
	for _, name := range contenders {
		series[name] = report.Series{}
	}
	rounds := b.rounds
	if m.rounds > 0 {
		rounds = min(rounds, m.rounds)
	}
	table := report.Table{Title: m.title, Ours: ours, Peers: m.peers, Figures: m.figures, Series: series}
	for round := range rounds {
		for i := range contenders {
			name := contenders[(i+round)%len(contenders)]
			watch, err := machine.Begin()
			if err != nil {
				return table, err
			}
			taken, failed := b.takeOne(ctx, m, name, round)
			if ctx.Err() != nil {
				return table, ctx.Err()
			}
			if failed != nil {
				fmt.Fprintf(os.Stderr, "%s, round %d: %s: %v\n", m.name, round+1, name, failed)
			}
			others, err := watch.Others()
			if err != nil {
				return table, err
			}
			table.Others = append(table.Others, others)
			for _, f := range m.figures {
				series[name][f.Name] = append(series[name][f.Name], valueOf(taken, f.Name))
			}
		}
	}
	return table, nil
}

func (b *bench) takeOne(ctx context.Context, m *measure, contender string, round int) (sample, error) {
	ctx, cancel := context.WithTimeout(ctx, takeBound)
	defer cancel()
	return m.take(ctx, b, contender, round)
}

// valueOf returns a value of s; NaN says that it was not measured.
func valueOf(s sample, figure string) float64 {
	if v, ok := s[figure]; ok {
		return v
	}
	return math.NaN()
}
