package main

import (
	"context"

	"tcp-operator.io/bench/controlplane/operator"
	"tcp-operator.io/bench/controlplane/plane"
	"tcp-operator.io/bench/machine"
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
				return l.young(ctx, b, o, p)
			})
			if err != nil {
				return err
			}
			mark, err := b.plane.Audit.Mark()
			if err != nil {
				return err
			}
			return b.operate(ctx, func(o *operator.Process) error {
				return l.old(ctx, b, o, mark, p, w)
			})
		})
	})
	return l, err
}

// young is the time until all are ready.
func (l *lifecycle) young(ctx context.Context, b *bench, o *operator.Process, p pairs) error {
	watch, err := machine.Begin()
	if err != nil {
		return err
	}
	if l.convergence, err = b.converge(ctx, o, p); err != nil {
		return err
	}
	l.convergence.others, err = watch.Others()
	return err
}

// old is the time from the restart on, which the mark stands before.
func (l *lifecycle) old(ctx context.Context, b *bench, o *operator.Process, mark plane.Mark, p pairs, w steadyWindow) error {
	watch, err := machine.Begin()
	if err != nil {
		return err
	}
	if l.restart, err = b.restart(ctx, o, mark, p); err != nil {
		return err
	}
	if l.restart.others, err = watch.Others(); err != nil {
		return err
	}
	if watch, err = machine.Begin(); err != nil {
		return err
	}
	if l.steady, err = b.watchSteady(ctx, o, w); err != nil {
		return err
	}
	l.steady.others, err = watch.Others()
	return err
}
