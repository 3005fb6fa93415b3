package stats

import (
	"sync"

	"github.com/prometheus/client_golang/prometheus"

	"tcp-operator.io/workload/snapshot"
)

// TCP sums up what the kernel said of sessions.
type TCP struct {
	mu            sync.Mutex
	ended         int64 // segments that ended sessions had sent again
	retransmitted int64 // the sum that was last shown

	// RoundTrip is the distribution of smoothed round-trip times at the end
	// of sessions.
	RoundTrip prometheus.Histogram
}

func newTCP() *TCP {
	return &TCP{RoundTrip: prometheus.NewHistogram(native(prometheus.HistogramOpts{
		Name:    "tcpworkload_tcp_round_trip_seconds",
		Help:    "Smoothed round-trip time that the kernel had measured at the end of a session.",
		Buckets: []float64{.00001, .00005, .0001, .0005, .001, .005, .01, .05, .1, .5, 1},
	}))}
}

// Ended takes in a session that has ended, and can be sampled no more; nil says
// that nothing is known of it.
func (t *TCP) Ended(info *snapshot.TCPInfo) {
	if info == nil {
		return
	}
	t.RoundTrip.Observe(float64(info.RoundTripMicroseconds) / 1e6)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.ended += info.RetransmittedSegments
}

// Summary adds up the open sessions, which it calls sample for, those that are
// nil excepted, and the ended ones. The ended come first, and Ended is called
// when a session cannot be sampled any more: one that ends meanwhile may be
// missed, and is never counted twice. The sum never decreases.
func (t *TCP) Summary(sample func() []*snapshot.TCPInfo) *snapshot.TCP {
	sum := snapshot.TCP{RetransmittedSegments: t.ofEnded()}
	for _, info := range sample() {
		if info == nil {
			continue
		}
		sum.SampledSessions++
		sum.RetransmittedSegments += info.RetransmittedSegments
		sum.UnacknowledgedSegments += info.UnacknowledgedSegments
		sum.MaxRoundTripMicroseconds = max(sum.MaxRoundTripMicroseconds, info.RoundTripMicroseconds)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.retransmitted = max(t.retransmitted, sum.RetransmittedSegments)
	sum.RetransmittedSegments = t.retransmitted
	return &sum
}

func (t *TCP) ofEnded() int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.ended
}
