package manager

import (
	"fmt"
	"slices"
	"sync/atomic"
	"testing"

	"tcp-operator.io/test/faults/wire"
)

// crashAfter is a wire whose operator dies with the write of an index, of
// those that keep state and were accepted from now on.
func (x *trial) crashAfter(index int) *wire.Wire {
	w := &wire.Wire{}
	count := 0
	w.Committed = func(r wire.Request) error {
		if !keeps(r) {
			return nil
		}
		count++
		if count-1 == index {
			x.strike.Store(true)
			w.Cut(errCrashed)
			x.crashed <- w
			return errCrashed
		}
		return nil
	}
	return w
}

// TestTheOperatorCrashes is A1: the whole operator dies after each of its
// writes, before it hears of its success, and another is started.
func TestTheOperatorCrashes(t *testing.T) {
	const kind = "crash after a write"
	for _, load := range sampled(t, "", 2) {
		t.Run(load.String(), func(t *testing.T) {
			t.Parallel()
			r := referenceOf(t, load)
			for _, index := range few(t, kind, indexes(r.writes), 2) {
				t.Run(fmt.Sprint("write-", index), func(t *testing.T) {
					t.Parallel()
					untilItStrikes(t, kind, index, func(t *testing.T, index int) *trial {
						x := newTrial(t, kind, &wire.Wire{})
						x.strike = &atomic.Bool{}
						x.make(settling, load.Given...)
						x.rest(recovery)
						x.operator.stop(t)
						x.start(x.crashAfter(index))
						x.make(settling, load.Edits...)
						r.compare(t, x.judge())
						return x
					})
				})
			}
		})
	}
}

// TestTheOperatorCrashesAgainAndAgain lets every new operator die with its
// first write, until all is done.
func TestTheOperatorCrashesAgainAndAgain(t *testing.T) {
	const kind = "crash after every write"
	for _, load := range sampled(t, kind, 2) {
		t.Run(load.String(), func(t *testing.T) {
			t.Parallel()
			r := referenceOf(t, load)
			if !r.surelyWrites() {
				t.Skip("the operator may write nothing here")
			}
			x := newTrial(t, kind, &wire.Wire{})
			x.strike = &atomic.Bool{}
			x.make(settling, load.Given...)
			x.next = func() *wire.Wire { return x.crashAfter(0) }
			x.operator.stop(t)
			x.start(x.next())
			x.make(recovery, load.Edits...)
			x.next = func() *wire.Wire { return &wire.Wire{} }
			r.compare(t, x.judge())
		})
	}
}

func indexes(n int) []int {
	return slices.Collect(func(yield func(int) bool) {
		for i := 0; i < n && yield(i); i++ {
		}
	})
}
