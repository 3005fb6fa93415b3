package main

import (
	"context"
	"os"

	"tcp-operator.io/bench/report"
)

const bytesOfImage = "bytes"

// size measures the program: the image holds it, a few hundred bytes that
// describe it, and nothing else.
func size() *measure {
	return &measure{
		name:    "size",
		title:   "Size of the workload's program, and so of its image",
		rounds:  1,
		figures: []report.Figure{{Name: bytesOfImage, Absolute: true, Targets: []report.Target{report.AtMost(15e6)}}},
		take: func(_ context.Context, b *bench, _ string, _ int) (sample, error) {
			program, err := os.Stat(b.workload)
			if err != nil {
				return nil, err
			}
			return sample{bytesOfImage: float64(program.Size())}, nil
		},
	}
}
