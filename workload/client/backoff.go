package client

import "time"

// A Backoff says how long to wait before the next attempt.
type Backoff struct {
	// Initial is the first delay. It doubles with each failure, up to Max.
	Initial, Max time.Duration
	// JitterPercent shortens each delay by a random share of at most this
	// much, 0 to 100.
	JitterPercent int
}

// Delay returns the delay after this many failures in a row, from 1. r picks
// the jitter, uniform in [0,1). The delay is never above Max.
func (b Backoff) Delay(failures int, r float64) time.Duration {
	d := min(b.Initial, b.Max)
	for i := 1; i < failures && d < b.Max; i++ {
		d = min(2*d, b.Max)
	}
	return d - time.Duration(r*float64(d)*float64(b.JitterPercent)/100)
}

// healthy reports whether a session of this age ends a row of failures. One
// that dies sooner than it would be tried again must not: a server that
// accepts and closes at once would be dialled at the highest rate for ever.
func (b Backoff) healthy(age time.Duration) bool { return age >= b.Initial }
