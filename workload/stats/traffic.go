package stats

import (
	"sync/atomic"
	"time"

	"tcp-operator.io/workload/snapshot"
)

// Traffic counts the messages of some sessions of a Set. There are as many as
// processors: what every message touches must not wander between them. The
// padding keeps two apart that lie next to each other in memory, by two lines
// as processors fetch lines in pairs.
type Traffic struct {
	received, sent, exceptions atomic.Int64
	bytesReceived, bytesSent   atomic.Int64
	lastMessage                atomic.Int64 // Unix time in ns; 0: none yet

	_ [128 - 6*8]byte
}

// Received counts payload that came, framing included.
func (t *Traffic) Received(bytes int) { t.bytesReceived.Add(int64(bytes)) }

// Message counts a message received now.
func (t *Traffic) Message(exception bool, now time.Time) {
	t.received.Add(1)
	t.lastMessage.Store(now.UnixNano())
	if exception {
		t.exceptions.Add(1)
	}
}

// Sent counts bytes that went to the kernel, and messages that went whole with
// them.
func (t *Traffic) Sent(messages, bytes int) {
	t.sent.Add(int64(messages))
	t.bytesSent.Add(int64(bytes))
}

// countTraffic adds up all Traffic into a snapshot.
func (s *Set) countTraffic(to *snapshot.Snapshot) {
	to.Messages, to.Bytes = snapshot.Messages{}, snapshot.Bytes{}
	var last int64
	for i := range s.traffic {
		t := &s.traffic[i]
		to.Messages.Received += t.received.Load()
		to.Messages.Sent += t.sent.Load()
		to.Messages.Exceptions += t.exceptions.Load()
		to.Bytes.Received += t.bytesReceived.Load()
		to.Bytes.Sent += t.bytesSent.Load()
		last = max(last, t.lastMessage.Load())
	}
	if last > 0 {
		to.LastMessageTime = new(time.Unix(0, last))
	}
}
