package main

import (
	"context"
	"time"

	"tcp-operator.io/bench/controlplane/operator"
	"tcp-operator.io/bench/controlplane/plane"
)

// convergence is the way from the first pair's creation until every resource
// is ready and nothing is written any more.
type convergence struct {
	children, ready time.Duration   // until the last child, until the last status
	requests        []plane.Request // of the operator
	reconciles      operator.Reconciles
	before, after   operator.Memory
	others          float64 // share of the machine that they took
}

// converge creates the pairs and waits.
func (b *bench) converge(ctx context.Context, o *operator.Process, p pairs) (convergence, error) {
	var c convergence
	var err error
	if c.before, err = o.Memory(); err != nil {
		return c, err
	}
	mark, err := b.plane.Audit.Mark()
	if err != nil {
		return c, err
	}
	if err := p.create(ctx); err != nil {
		return c, err
	}
	if c.requests, err = b.untilReady(ctx, mark, p); err != nil {
		return c, err
	}
	created, err := b.requests(mark, benchUser)
	if err != nil {
		return c, err
	}
	c.children = last(only(c.requests, makesChild)).Sub(first(created))
	c.ready = last(only(c.requests, isStatus)).Sub(first(created))
	if c.reconciles, err = o.Reconciles(ctx); err != nil {
		return c, err
	}
	c.after, err = o.Memory()
	return c, err
}

// quiet is how long the operator must write nothing to be called at rest.
const quiet = 3 * time.Second

// untilReady waits until all pairs are ready and the operator is at rest.
func (b *bench) untilReady(ctx context.Context, since plane.Mark, p pairs) ([]plane.Request, error) {
	var requests []plane.Request
	err := until(ctx, "pairs to be ready", func() (bool, error) {
		more, next, err := b.plane.Audit.Since(since, operatorUser)
		requests, since = append(requests, more...), next
		if err != nil || time.Since(last(only(requests, isWrite))) < quiet {
			return false, err
		}
		ready, err := p.ready(ctx)
		return ready == 2*p.count, err
	})
	return requests, err
}
