package manager

import (
	"net"
	"syscall"
	"testing"
	"time"

	"tcp-operator.io/test/faults/wire"
)

// refused is what a client sees when nobody listens.
var refused = &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}

// TestTheAPIServerIsGone is A21: edits are made just before and while the
// operator cannot reach the API server. It lives on, asks at a bounded rate,
// and catches up.
func TestTheAPIServerIsGone(t *testing.T) {
	outage := 4 * time.Second
	if *full {
		outage = time.Minute
	}
	const kind = "API server gone"
	for _, load := range sampled(t, kind, 2) {
		t.Run(load.String(), func(t *testing.T) {
			t.Parallel()
			r := referenceOf(t, load)
			w := &wire.Wire{}
			x := newTrial(t, kind, w)
			x.make(settling, load.Given...)
			x.rest(recovery)
			x.make(0, load.Edits[0])
			w.Cut(refused)
			began := time.Now()
			for _, e := range load.Edits[1:] {
				x.make(time.Millisecond, e)
			}
			x.operator.live(t, outage-time.Since(began))
			_, attempts := w.Requests()
			w.Mend()
			mended := time.Now()
			if wrong := x.settle(recovery); len(wrong) > 0 {
				t.Fatalf("it does not recover: %q", wrong)
			}
			t.Logf("%d requests failed in %s; recovered in %s", attempts, outage, time.Since(mended))
			if attempts == 0 {
				t.Error("nothing was asked meanwhile: the test shows nothing")
			}
			// Seven watches and the queue's retries, all with back-off.
			if most := 200 + int(outage/time.Second)*10; attempts > most {
				t.Errorf("%d requests failed in %s: a hot loop", attempts, outage)
			}
			r.compareState(t, x.judge())
		})
	}
}

// live waits for a time in which the operator must not end.
func (o *operator) live(t *testing.T, d time.Duration) {
	t.Helper()
	select {
	case <-time.After(d):
	case <-o.ended:
		t.Fatalf("the operator has ended: %v", o.err)
	}
}
