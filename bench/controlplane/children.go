package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"tcp-operator.io/bench/controlplane/operator"
	"tcp-operator.io/bench/controlplane/plane"
	"tcp-operator.io/bench/machine"
)

// A making is one way to come to children: how long it took from the first
// request to the last answer, how long API server and etcd computed, and how
// many requests it was.
type making struct {
	time, cpu     time.Duration
	writes, reads int
}

// makingOf is what some requests were, from the first one's arrival on.
func makingOf(requests []plane.Request, trace plane.Trace) making {
	return makingFrom(first(requests), requests, trace)
}

// makingFrom starts clock and CPU time at a moment, and stops both with the
// last answer.
func makingFrom(begin time.Time, requests []plane.Request, trace plane.Trace) making {
	end := last(requests)
	writes := len(only(requests, isWrite))
	return making{time: end.Sub(begin), cpu: trace.Between(begin, end), writes: writes, reads: len(requests) - writes}
}

// uptoChildren leaves out what came after the last child was made.
func uptoChildren(requests []plane.Request) []plane.Request {
	end := last(only(requests, makesChild))
	return only(requests, func(r plane.Request) bool { return !r.Answered.After(end) })
}

// A contest is a round of all contenders.
type contest struct {
	of     map[string]making // by contender
	others []float64         // share of the machine that others took, for each
}

// A contender makes the children of pairs in one way.
type contender struct {
	name string
	make func(context.Context, pairs) (making, error)
}

// A childrenRound compares operator and bare clients once.
type childrenRound struct {
	backlog contest // the pairs are there already
	fresh   contest // the clock starts with the first pair's creation
}

// childrenRound measures how long count pairs take to their children. Nothing
// runs pods meanwhile, and clients wait for no server.
func (b *bench) childrenRound(ctx context.Context, count, round int) (r childrenRound, err error) {
	if r.backlog, err = b.contest(ctx, count, rotated(b.backlogContenders(), round)); err != nil {
		return r, err
	}
	fresh := []contender{
		{creating, b.bareFresh(bare{client: b.bare})},
		{ours, b.operatorFresh},
		{applying, b.bareFresh(bare{client: b.bare, applies: true})},
	}
	r.fresh, err = b.contest(ctx, count, rotated(fresh, round))
	return r, err
}

// warmUp is a contest that nobody looks at: an API server that has seen nothing
// yet is slower with the first who comes.
func (b *bench) warmUp(ctx context.Context, count int) error {
	_, err := b.contest(ctx, count, b.backlogContenders())
	return err
}

func (b *bench) backlogContenders() []contender {
	return []contender{
		{creating, b.bareBacklog(bare{client: b.bare})},
		{ours, b.operatorBacklog},
		{applying, b.bareBacklog(bare{client: b.bare, applies: true})},
	}
}

// rotated begins with another contender in each round, as what is left of one
// is a burden to the next.
func rotated(all []contender, round int) []contender {
	first := round % len(all)
	return slices.Concat(all[first:], all[:first])
}

// contest lets one contender come after the other, each with pairs of its own.
func (b *bench) contest(ctx context.Context, count int, all []contender) (contest, error) {
	c := contest{of: map[string]making{}}
	for _, who := range all {
		err := b.with(ctx, count, byAddress, func(p pairs) error {
			watch, err := machine.Begin()
			if err != nil {
				return err
			}
			if c.of[who.name], err = who.make(ctx, p); err != nil {
				return fmt.Errorf("%s: %w", who.name, err)
			}
			others, err := watch.Others()
			c.others = append(c.others, others)
			return err
		})
		if err != nil {
			return c, err
		}
	}
	return c, nil
}

func (b *bench) bareBacklog(by bare) func(context.Context, pairs) (making, error) {
	return func(ctx context.Context, p pairs) (making, error) {
		if err := p.create(ctx); err != nil {
			return making{}, err
		}
		return b.bareMaking(ctx, p, func() error { return by.createChildren(ctx, p) })
	}
}

func (b *bench) bareFresh(by bare) func(context.Context, pairs) (making, error) {
	return func(ctx context.Context, p pairs) (making, error) {
		return b.bareMaking(ctx, p, func() error { return by.createAll(ctx, p) })
	}
}

// bareMaking measures what a bare client writes in use.
func (b *bench) bareMaking(ctx context.Context, p pairs, use func() error) (making, error) {
	mark, err := b.restedMark(ctx)
	if err != nil {
		return making{}, err
	}
	trace, err := b.plane.Trace(use)
	if err != nil {
		return making{}, err
	}
	requests, err := b.requests(mark, bareUser)
	if made := childrenIn(requests); err == nil && made != childrenPerPair*p.count {
		err = fmt.Errorf("the audit log tells of %d children, want %d", made, childrenPerPair*p.count)
	}
	return makingOf(only(requests, isWrite), trace), err
}

// operatorBacklog starts the clock when the operator, which has just filled
// its caches, asks for its first child.
func (b *bench) operatorBacklog(ctx context.Context, p pairs) (making, error) {
	if err := p.create(ctx); err != nil {
		return making{}, err
	}
	mark, err := b.restedMark(ctx)
	if err != nil {
		return making{}, err
	}
	var requests []plane.Request
	trace, err := b.plane.Trace(func() error {
		return b.operate(ctx, func(*operator.Process) error {
			requests, err = b.untilChildren(ctx, mark, p)
			return err
		})
	})
	return makingOf(only(uptoChildren(requests), concernsResource), trace), err
}

// operatorFresh starts the clock when the first pair's creation arrives.
func (b *bench) operatorFresh(ctx context.Context, p pairs) (making, error) {
	var m making
	err := b.operate(ctx, func(*operator.Process) error {
		mark, err := b.restedMark(ctx)
		if err != nil {
			return err
		}
		var requests []plane.Request
		trace, err := b.plane.Trace(func() error {
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
		m = makingFrom(first(created), uptoChildren(requests), trace)
		return err
	})
	return m, err
}

// restedMark is the end of the log once nothing of what went before is still
// under way.
func (b *bench) restedMark(ctx context.Context) (plane.Mark, error) {
	if err := b.plane.AwaitRest(ctx); err != nil {
		return 0, err
	}
	return b.plane.Audit.Mark()
}

// untilChildren waits until the operator has made the children of all pairs.
func (b *bench) untilChildren(ctx context.Context, since plane.Mark, p pairs) ([]plane.Request, error) {
	var requests []plane.Request
	err := until(ctx, "children", func() (bool, error) {
		more, next, err := b.plane.Audit.Since(since, operatorUser)
		requests, since = append(requests, more...), next
		return childrenIn(requests) == childrenPerPair*p.count, err
	})
	return requests, err
}
