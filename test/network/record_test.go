package network

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"

	"tcp-operator.io/workload/snapshot"
)

// An end is why a session ended, and who ended it.
type end struct {
	reason snapshot.Reason
	by     snapshot.Side
}

// A conversation is one session as its log tells it.
type conversation struct {
	peer     string // the session at the other side
	received int64  // messages, which must be number 1, 2, 3 and so on of peer
	sent     int64  // messages, known when it has closed
	end      end    // once lost
	closed   bool
}

// A record is a slog.Handler that keeps what the log tells of sessions.
type record struct {
	mu       sync.Mutex
	sessions map[string]*conversation
	wrong    []string // what must not be: messages twice, out of order, or from elsewhere
}

func newRecord() *record { return &record{sessions: map[string]*conversation{}} }

func (*record) Enabled(context.Context, slog.Level) bool { return true }
func (r *record) WithAttrs([]slog.Attr) slog.Handler     { return r }
func (r *record) WithGroup(string) slog.Handler          { return r }

// Handle implements slog.Handler.
func (r *record) Handle(_ context.Context, line slog.Record) error {
	attrs := map[string]slog.Value{}
	line.Attrs(func(a slog.Attr) bool {
		attrs[a.Key] = a.Value
		return true
	})
	id, ok := attrs["session"]
	if !ok || id.Kind() != slog.KindString {
		return nil // not about a session
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	c := r.sessions[id.String()]
	if c == nil {
		c = &conversation{}
		r.sessions[id.String()] = c
	}
	switch {
	case strings.HasPrefix(line.Message, "Received "):
		r.receiveLocked(id.String(), c, line.Message)
	case line.Message == "Connection lost":
		c.end = end{attrs["reason"].Any().(snapshot.Reason), attrs["closedBy"].Any().(snapshot.Side)}
	case line.Message == "Connection closed":
		c.sent, c.closed = attrs["sent"].Int64(), true
	}
	return nil
}

// receiveLocked takes in a message, whose text is that of newSettings.
func (r *record) receiveLocked(id string, c *conversation, line string) {
	var peer string
	var number int64
	_, quoted, _ := strings.Cut(line, "'")
	text, _, _ := strings.Cut(quoted, "'")
	if _, err := fmt.Sscanf(text, "%s %d", &peer, &number); err != nil {
		r.wrong = append(r.wrong, fmt.Sprintf("%s received %q", id, line))
		return
	}
	c.received++
	if c.peer == "" {
		c.peer = peer
	}
	if peer != c.peer || number != c.received {
		r.wrong = append(r.wrong, fmt.Sprintf("%s received message %d of %s as number %d of %s", id, number, peer, c.received, c.peer))
	}
}

// lost counts the sessions that have ended, promised replies apart.
func (r *record) lost() (n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range r.sessions {
		if c.end.reason != "" {
			n++
		}
	}
	return n
}
