package stats

import (
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	"github.com/prometheus/client_golang/prometheus"

	"tcp-operator.io/workload/snapshot"
)

// Range and precision of round trips: microseconds, up to twice the longest
// reply delay, two significant digits. That is about 30 KB a process.
const (
	shortest = 1
	longest  = int64(2 * time.Hour / time.Microsecond)
	digits   = 2
)

// A Latency is a distribution of durations: as HdrHistogram, which merges
// over pods without loss, and as Prometheus histogram.
type Latency struct {
	mu        sync.Mutex
	histogram *hdrhistogram.Histogram

	Prometheus prometheus.Histogram
}

func newLatency() *Latency {
	return &Latency{
		histogram: hdrhistogram.New(shortest, longest, digits),
		Prometheus: prometheus.NewHistogram(native(prometheus.HistogramOpts{
			Name: "tcpworkload_round_trip_seconds",
			Help: "Time from a message sent to the next message received; it contains the peer's reply delay.",
			Buckets: []float64{.0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5,
				1, 2.5, 5, 10, 30, 60, 300, 3600},
		})),
	}
}

// Observe records d; one out of range counts as the range's end.
func (l *Latency) Observe(d time.Duration) {
	l.Prometheus.Observe(d.Seconds())
	l.mu.Lock()
	defer l.mu.Unlock()
	// In range after min and max: RecordValue cannot fail.
	_ = l.histogram.RecordValue(min(max(d.Microseconds(), shortest), longest))
}

// Summary returns the distribution so far, nil before the first observation.
// Nobody who observes waits while it is encoded.
func (l *Latency) Summary() *snapshot.RoundTrip {
	h := l.copy()
	if h == nil {
		return nil
	}
	// Encode writes to memory; without its text, the summary still stands.
	encoded, _ := h.Encode(hdrhistogram.V2CompressedEncodingCookieBase)
	return &snapshot.RoundTrip{
		Count:           h.TotalCount(),
		P50Microseconds: h.ValueAtQuantile(50),
		P99Microseconds: h.ValueAtQuantile(99),
		Histogram:       string(encoded),
	}
}

// copy returns a copy of the histogram, nil of an empty one.
func (l *Latency) copy() *hdrhistogram.Histogram {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.histogram.TotalCount() == 0 {
		return nil
	}
	return l.histogram.Clone()
}

// Ages is the distribution of the ages at which sessions ended.
type Ages struct{ Prometheus prometheus.Histogram }

func newAges() *Ages {
	return &Ages{prometheus.NewHistogram(native(prometheus.HistogramOpts{
		Name:    "tcpworkload_session_age_seconds",
		Help:    "Age of sessions at their end.",
		Buckets: []float64{.01, .1, 1, 5, 15, 60, 300, 900, 3600, 6 * 3600, 24 * 3600, 7 * 24 * 3600},
	}))}
}

// Observe records the age of an ended session.
func (a *Ages) Observe(age time.Duration) { a.Prometheus.Observe(age.Seconds()) }

// native adds a native histogram to a classic one: scrapers that ask for it
// get its finer buckets, all others lose nothing.
func native(o prometheus.HistogramOpts) prometheus.HistogramOpts {
	o.NativeHistogramBucketFactor = 1.1
	o.NativeHistogramMaxBucketNumber = 100
	o.NativeHistogramMinResetDuration = time.Hour
	return o
}
