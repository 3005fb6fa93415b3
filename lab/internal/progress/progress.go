// Package progress tells people what goes on while they wait.
package progress

import (
	"fmt"
	"io"
	"sync"
	"time"
)

// Log writes one line for each step, with the time since it was made.
type Log struct {
	mu    sync.Mutex
	to    io.Writer
	now   func() time.Time
	began time.Time
}

// New starts the clock.
func New(to io.Writer, now func() time.Time) *Log {
	return &Log{to: to, now: now, began: now()}
}

// Step writes a line.
func (l *Log) Step(what string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, _ = fmt.Fprintf(l.to, "[%6.1fs] %s\n", l.now().Sub(l.began).Seconds(), what)
}
