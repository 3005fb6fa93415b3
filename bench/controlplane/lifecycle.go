package main

import (
	"context"

	"tcp-operator.io/bench/controlplane/operator"
)

// A lifecycle is what pairs cost from their creation on, with pods that run.
type lifecycle struct {
	pairs       int
	convergence convergence
	restart     restart
	steady      steady
}

// lifecycle takes count pairs through their life: they are created and become
// ready, the operator is restarted, and then all is at rest.
func (b *bench) lifecycle(ctx context.Context, count int, w steadyWindow) (lifecycle, error) {
	l := lifecycle{pairs: count}
	err := b.with(ctx, count, byReference, func(p pairs) error {
		return b.withKubelet(ctx, func(ctx context.Context) error {
			err := b.operate(ctx, func(o *operator.Process) error {
				var err error
				l.convergence, err = b.converge(ctx, o, p)
				return err
			})
			if err != nil {
				return err
			}
			mark, err := b.plane.Audit.Mark()
			if err != nil {
				return err
			}
			return b.operate(ctx, func(o *operator.Process) error {
				var err error
				if l.restart, err = b.restart(ctx, o, mark, p); err != nil {
					return err
				}
				l.steady, err = b.watchSteady(ctx, o, w)
				return err
			})
		})
	})
	return l, err
}
