package main

import (
	"context"
	"time"

	"tcp-operator.io/bench/controlplane/operator"
	"tcp-operator.io/bench/controlplane/plane"
)

// restart is what a new process does about resources that have not changed.
type restart struct {
	ready, reconciled time.Duration   // from its start until /readyz holds, and until all were seen to
	requests          []plane.Request // of the operator
	memory            operator.Memory
	others            float64 // share of the machine that they took
}

// restart waits until o, which was started after the mark, has seen to every
// resource, and then for what it may yet write.
func (b *bench) restart(ctx context.Context, o *operator.Process, since plane.Mark, p pairs) (restart, error) {
	r := restart{ready: time.Since(o.Started)}
	err := until(ctx, "resources to be reconciled after a restart", func() (bool, error) {
		seen, err := o.Reconciles(ctx)
		return seen.Done >= uint64(2*p.count) && seen.Waiting == 0, err
	})
	if err != nil {
		return r, err
	}
	r.reconciled = time.Since(o.Started)
	if err := pause(ctx, 2*quiet); err != nil {
		return r, err
	}
	if r.requests, err = b.requests(since, operatorUser); err != nil {
		return r, err
	}
	r.memory, err = o.Memory()
	return r, err
}
