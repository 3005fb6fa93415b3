package manager

import (
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tcp-operator.io/test/faults/wire"
)

// busy is an API server that answers each request for the first few times that
// it is too busy, and when to come again.
type busy struct {
	mu       sync.Mutex
	refusals map[string][]time.Time
	early    []string // what came again too early
}

// The answers of a busy API server.
const (
	retryAfter = time.Second
	turnsAway  = 2 // each request that often
)

func (b *busy) refuse(r wire.Request) *metav1.Status {
	if r.Verb == "watch" || r.Verb == "list" && r.Name == "" || !keeps(r) {
		return nil // what fills caches is begun again by other rules
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	past := b.refusals[r.String()]
	if len(past) > 0 && r.Time.Sub(past[len(past)-1]) < retryAfter {
		b.early = append(b.early, r.String())
	}
	if len(past) == turnsAway {
		return nil
	}
	b.refusals[r.String()] = append(past, time.Now())
	return &metav1.Status{
		Code: http.StatusTooManyRequests, Reason: metav1.StatusReasonTooManyRequests, Message: "the server is busy",
		Details: &metav1.StatusDetails{RetryAfterSeconds: int32(retryAfter / time.Second)},
	}
}

// TestTheAPIServerIsBusy is the part of A3 that only the wire shows: what the
// API server says about when to come again is heeded, whatever else wakes the
// operator meanwhile.
func TestTheAPIServerIsBusy(t *testing.T) {
	const kind = "429 with Retry-After"
	for _, load := range sampled(t, kind, 2) {
		t.Run(load.String(), func(t *testing.T) {
			t.Parallel()
			r := referenceOf(t, load)
			b := &busy{refusals: map[string][]time.Time{}}
			x := newTrial(t, kind, &wire.Wire{Refuse: b.refuse})
			x.make(settling, slices.Concat(load.Given, load.Edits)...)
			r.compareState(t, x.judge())
			b.mu.Lock()
			defer b.mu.Unlock()
			if len(b.refusals) == 0 {
				t.Error("nothing was refused: the test shows nothing")
			}
			if len(b.early) > 0 {
				t.Errorf("sent again before %s had passed: %q", retryAfter, b.early)
			}
		})
	}
}
