package main

import (
	"context"
	"time"

	"tcp-operator.io/bench/controlplane/operator"
	"tcp-operator.io/bench/controlplane/plane"
)

// A making is one way to come to children: how long it took from the first
// request to the last answer, how long API server and etcd computed, and how
// many requests it was.
type making struct {
	time, cpu     time.Duration
	writes, reads int
}

func makingOf(requests []plane.Request) making {
	writes := len(only(requests, isWrite))
	return making{time: span(requests), writes: writes, reads: len(requests) - writes}
}

// uptoChildren leaves out what came after the last child was made.
func uptoChildren(requests []plane.Request) []plane.Request {
	end := last(only(requests, makesChild))
	return only(requests, func(r plane.Request) bool { return !r.Answered.After(end) })
}

// A contest is a round of all contenders: the operator, and bare clients that
// create and that apply.
type contest struct{ operator, creating, applying making }

// A childrenRound compares operator and bare clients once.
type childrenRound struct {
	backlog contest // the pairs are there already
	fresh   contest // the clock starts with the first pair's creation
}

// childrenRound measures how long count pairs take to their children. Nothing
// runs pods meanwhile, and clients wait for no server.
func (b *bench) childrenRound(ctx context.Context, count int) (childrenRound, error) {
	var r childrenRound
	steps := []struct {
		into    *making
		measure func(context.Context, pairs) (making, error)
	}{
		{&r.backlog.creating, b.bareBacklog(bare{client: b.bare})},
		{&r.backlog.operator, b.operatorBacklog},
		{&r.backlog.applying, b.bareBacklog(bare{client: b.bare, applies: true})},
		{&r.fresh.creating, b.bareFresh(bare{client: b.bare})},
		{&r.fresh.operator, b.operatorFresh},
		{&r.fresh.applying, b.bareFresh(bare{client: b.bare, applies: true})},
	}
	for _, step := range steps {
		err := b.with(ctx, count, byAddress, func(p pairs) error {
			var err error
			*step.into, err = step.measure(ctx, p)
			return err
		})
		if err != nil {
			return r, err
		}
	}
	return r, nil
}

func (b *bench) bareBacklog(by bare) func(context.Context, pairs) (making, error) {
	return func(ctx context.Context, p pairs) (making, error) {
		if err := p.create(ctx); err != nil {
			return making{}, err
		}
		return b.bareMaking(func() error { return by.createChildren(ctx, p) })
	}
}

func (b *bench) bareFresh(by bare) func(context.Context, pairs) (making, error) {
	return func(ctx context.Context, p pairs) (making, error) {
		return b.bareMaking(func() error { return by.createAll(ctx, p) })
	}
}

// bareMaking measures what a bare client writes in use.
func (b *bench) bareMaking(use func() error) (making, error) {
	mark, err := b.plane.Audit.Mark()
	if err != nil {
		return making{}, err
	}
	cpu, err := b.plane.CPUDuring(use)
	if err != nil {
		return making{}, err
	}
	requests, err := b.requests(mark, bareUser)
	m := makingOf(only(requests, isWrite))
	m.cpu = cpu
	return m, err
}

// operatorBacklog starts the clock when the operator, which has just filled
// its caches, asks for its first child.
func (b *bench) operatorBacklog(ctx context.Context, p pairs) (making, error) {
	if err := p.create(ctx); err != nil {
		return making{}, err
	}
	mark, err := b.plane.Audit.Mark()
	if err != nil {
		return making{}, err
	}
	var requests []plane.Request
	cpu, err := b.plane.CPUDuring(func() error {
		return b.operate(ctx, func(*operator.Process) error {
			requests, err = b.untilChildren(ctx, mark, p)
			return err
		})
	})
	m := makingOf(only(uptoChildren(requests), concernsResource))
	m.cpu = cpu
	return m, err
}

func (b *bench) operatorFresh(ctx context.Context, p pairs) (making, error) {
	var m making
	err := b.operate(ctx, func(*operator.Process) error {
		mark, err := b.plane.Audit.Mark()
		if err != nil {
			return err
		}
		var requests []plane.Request
		cpu, err := b.plane.CPUDuring(func() error {
			if err := p.create(ctx); err != nil {
				return err
			}
			requests, err = b.untilChildren(ctx, mark, p)
			return err
		})
		if err != nil {
			return err
		}
		created, err := b.requests(mark, benchUser)
		m = makingOf(uptoChildren(requests))
		m.time, m.cpu = last(only(requests, makesChild)).Sub(first(created)), cpu
		return err
	})
	return m, err
}

// untilChildren waits until the operator has made the children of all pairs.
func (b *bench) untilChildren(ctx context.Context, since plane.Mark, p pairs) ([]plane.Request, error) {
	var requests []plane.Request
	err := until(ctx, "children", func() (bool, error) {
		more, next, err := b.plane.Audit.Since(since, operatorUser)
		requests, since = append(requests, more...), next
		return len(only(requests, makesChild)) == childrenPerPair*p.count, err
	})
	return requests, err
}
