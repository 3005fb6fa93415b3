package manager

import (
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tcp-operator.io/test/faults/wire"
)

// noSpace is what an API server answers to a write while etcd's quota is
// used up.
var noSpace = &metav1.Status{
	Code: http.StatusInternalServerError, Reason: metav1.StatusReasonInternalError, Message: "etcdserver: mvcc: database space exceeded",
}

// TestEtcdIsFull is A23, as the operator meets it: for a while every write is
// refused. Users' edits are not, so that there is something to do.
func TestEtcdIsFull(t *testing.T) {
	lasting := 5 * time.Second
	if *full {
		lasting = time.Minute
	}
	const kind = "etcd full"
	for _, load := range sampled(t, kind, 2) {
		t.Run(load.String(), func(t *testing.T) {
			t.Parallel()
			r := referenceOf(t, load)
			if !r.surelyWrites() {
				t.Skip("the operator may write nothing here")
			}
			var isFull, struck atomic.Bool
			var refusals atomic.Int64
			w := &wire.Wire{Refuse: func(r wire.Request) *metav1.Status {
				if !isFull.Load() || !r.Writes() || !keeps(r) {
					return nil
				}
				refusals.Add(1)
				struck.Store(true)
				return noSpace
			}}
			x := newTrial(t, kind, w)
			x.strike = &struck
			x.make(settling, load.Given...)
			x.rest(recovery)
			isFull.Store(true)
			began := time.Now()
			x.make(time.Millisecond, load.Edits...)
			x.operator.live(t, lasting-time.Since(began))
			isFull.Store(false)
			mended := time.Now()
			if wrong := x.settle(recovery); len(wrong) > 0 {
				t.Fatalf("it does not recover: %q", wrong)
			}
			t.Logf("%d writes were refused in %s; recovered in %s", refusals.Load(), lasting, time.Since(mended))
			// Back-off doubles from 5 ms: a dozen retries within the first half
			// minute, for each resource and each time that an event restarts it.
			resources := int64(r.Tally.Made["TcpServer"] + r.Tally.Made["TcpClient"])
			if most := resources * (20 + int64(lasting/time.Second)); refusals.Load() > most {
				t.Errorf("%d writes were refused for %d resources in %s: a hot loop", refusals.Load(), resources, lasting)
			}
			r.compareState(t, x.judge())
		})
	}
}
