package proxy

import (
	"math/rand/v2"
	"time"
)

// A Fault is the damage to one direction. Its fields can be combined; the zero
// value is none.
type Fault struct {
	// Latency is how much later bytes come, and Jitter how much more or less
	// than that at random. Their order is kept.
	Latency, Jitter time.Duration
	// BytesPerSecond is what passes at most.
	BytesPerSecond int
	// SliceBytes is the most that is sent at once, with SliceGap after it.
	SliceBytes int
	SliceGap   time.Duration
	// Stall holds everything back, FIN included, until the fault ends.
	Stall bool
	// Vanish loses everything that the sending end sends, without a word to
	// it, and new connections too. The kernels send it again when the fault
	// ends, unless they have given up before.
	Vanish bool
	// Reset answers the next bytes with RST to both ends, and loses them.
	Reset bool
	// CutAfter lets so many more bytes of each connection pass and then ends
	// it with FIN to both ends, whatever they were about to say.
	CutAfter int
	// SlowClose is how much later FIN comes.
	SlowClose time.Duration
}

// delay is that of bytes which came now.
func (f Fault) delay() time.Duration {
	return f.Latency + time.Duration(float64(f.Jitter)*(2*rand.Float64()-1))
}

// piece returns how much of n bytes to send at once, and what to wait after.
func (f Fault) piece(n int) (size int, gap time.Duration) {
	size = n
	if f.SliceBytes > 0 {
		size, gap = min(size, f.SliceBytes), f.SliceGap
	}
	if f.BytesPerSecond > 0 {
		size = min(size, max(f.BytesPerSecond/100, 1))
		gap += time.Duration(size) * time.Second / time.Duration(f.BytesPerSecond)
	}
	return size, gap
}
