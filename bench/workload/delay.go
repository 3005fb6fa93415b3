package main

import (
	"context"
	"fmt"
	"time"

	"tcp-operator.io/bench/report"
	"tcp-operator.io/bench/stats"
	"tcp-operator.io/bench/workload/load"
)

// What the delay is measured by.
const (
	early = "replies that came early"
	lost  = "replies that were lost"
)

// patience is how long after the last reply fell due one is lost.
const patience = 15 * time.Second

// delayError measures how exactly replies keep their delay, with so many
// sessions.
func delayError(sessions int, rounds int, decides bool) *measure {
	m := &measure{
		name:   "delay",
		title:  fmt.Sprintf("Error of the delay with %d sessions: how much later a reply came, workload to peer", sessions),
		peers:  []string{stdnet, gnet, twisted},
		rounds: rounds,
		take: func(ctx context.Context, b *bench, contender string, _ int) (sample, error) {
			return takeDelay(ctx, b, contender, sessions)
		},
	}
	for _, kind := range []string{"spread", "burst"} {
		for _, quantile := range []string{" p50", " p99", " max"} {
			f := report.Figure{Name: kind + quantile}
			if decides && quantile == " p99" {
				f.Targets = []report.Target{report.AtMostOf(gnet, 1), report.AtMostOf(twisted, 1./3)}
			}
			m.figures = append(m.figures, f)
		}
	}
	none := []report.Target{report.AtMost(0)}
	m.figures = append(m.figures,
		report.Figure{Name: early, Absolute: true, Targets: none},
		report.Figure{Name: lost, Absolute: true, Targets: none})
	return m
}

func takeDelay(ctx context.Context, b *bench, contender string, sessions int) (sample, error) {
	taken := sample{}
	err := b.with(ctx, contender, behaviour{delay: b.delay, backlog: raised}, sessions, 1, func(_ *server, clients *load.Clients) error {
		late, err := clients.Lateness(ctx, b.delay, patience)
		if err != nil {
			return err
		}
		taken.quantiles("spread", late.Spread)
		taken.quantiles("burst", late.Burst)
		taken[lost] = float64(late.Lost)
		taken[early] = float64(below0(late.Spread) + below0(late.Burst))
		return nil
	})
	return taken, err
}

// quantiles adds those of what one kind of message showed.
func (taken sample) quantiles(kind string, late []time.Duration) {
	taken[kind+" p50"] = stats.Quantile(late, 0.50).Seconds()
	taken[kind+" p99"] = stats.Quantile(late, 0.99).Seconds()
	taken[kind+" max"] = stats.Quantile(late, 1).Seconds()
}

func below0(late []time.Duration) (n int) {
	for _, d := range late {
		if d < 0 {
			n++
		}
	}
	return n
}
