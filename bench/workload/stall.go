package main

import (
	"context"
	"fmt"

	"tcp-operator.io/bench/report"
	"tcp-operator.io/bench/stats"
	"tcp-operator.io/bench/workload/load"
)

const worstOfThree = "worst of three replies, late by so many delays"

// stall shows what sleeping in the event loop does: three messages at once
// are answered one delay after the other.
func stall() *measure {
	return &measure{
		name:    "stall",
		title:   "Three sessions that send at once",
		peers:   []string{twisted, classic},
		rounds:  1,
		figures: []report.Figure{{Name: worstOfThree, Absolute: true, Targets: []report.Target{report.AtMost(0.1)}}},
		take: func(ctx context.Context, b *bench, contender string, _ int) (sample, error) {
			taken := sample{}
			err := b.with(ctx, contender, behaviour{delay: b.delay, backlog: raised}, 3, 1, func(_ *server, clients *load.Clients) error {
				late, err := clients.Lateness(ctx, b.delay, 6*b.delay)
				if err == nil && late.Lost > 0 {
					err = fmt.Errorf("%d replies were lost", late.Lost)
				}
				if err != nil {
					return err
				}
				taken[worstOfThree] = stats.Quantile(late.Burst, 1).Seconds() / b.delay.Seconds()
				return nil
			})
			return taken, err
		},
	}
}
