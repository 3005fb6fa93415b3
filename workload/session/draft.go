package session

import (
	"sync"
	"time"

	"tcp-operator.io/workload/framing"
	"tcp-operator.io/workload/template"
)

// A draft is sent when it has so many bytes, or so many messages: more would
// save few calls of the kernel, and be memory that a peer which does not read
// can make a session hold.
const (
	draftBytes    = 16 << 10
	draftMessages = 512
)

// A draft is where messages are written out that go to the kernel in one call.
type draft struct {
	framer framing.Framer
	values template.Values
	text   []byte
	framed []byte
	sizes  []int // of the messages in framed
}

var drafts = sync.Pool{New: func() any { return new(draft) }}

// draftLocked returns an empty draft for the session's next messages. The
// caller gives it back to drafts.
func (s *Session) draftLocked() *draft {
	d := drafts.Get().(*draft)
	d.framer = s.config.Framer
	d.values.Session = s.ID()
	d.values.Pod = s.config.Pod
	d.values.Peer = s.conn.RemoteAddr()
	d.clear(s.messages.Sent)
	return d
}

// clear empties the draft of a session that has sent so many messages.
func (d *draft) clear(sent int64) {
	d.framed, d.sizes = d.framed[:0], d.sizes[:0]
	d.values.Sequence = sent
}

// write adds a message, with at as its {time}.
func (d *draft) write(text template.Template, at time.Time) {
	d.values.Time = at
	d.values.Sequence++
	d.text = text.Append(d.text[:0], &d.values)
	before := len(d.framed)
	d.framed = d.framer.Append(d.framed, d.text)
	d.sizes = append(d.sizes, len(d.framed)-before)
}

func (d *draft) full() bool { return len(d.framed) >= draftBytes || len(d.sizes) >= draftMessages }
