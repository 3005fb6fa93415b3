package session

import (
	"sync"
	"time"
	"unicode/utf8"

	"tcp-operator.io/workload/cause"
	"tcp-operator.io/workload/snapshot"
	"tcp-operator.io/workload/template"
)

// takeLocked cuts what has come into messages, until the promised replies are
// as many as allowed.
func (s *Session) takeLocked(p []byte, now time.Time) {
	buf := p
	if len(s.unread) > 0 {
		s.unread = append(s.unread, p...)
		buf = s.unread
	}
	scanned := s.scanned
	for len(buf) > 0 && !s.fullLocked() {
		message, size, err := s.config.Framer.Next(buf, scanned)
		if err != nil {
			s.shutLocked(cause.End{Reason: snapshot.MessageTooLarge, By: snapshot.Local, Err: err})
			return
		}
		scanned = len(buf)
		if size == 0 {
			break
		}
		s.messageLocked(message, now)
		if s.state != open {
			return
		}
		buf, scanned, s.messageSince = buf[size:], 0, 0
	}
	s.keepLocked(buf, scanned)
}

// keepLocked keeps what is left of buf for later, and no more memory than
// that.
func (s *Session) keepLocked(buf []byte, scanned int) {
	s.scanned = scanned
	switch {
	case len(buf) == 0:
		s.unread = nil
	case len(buf) != len(s.unread):
		s.unread = append([]byte(nil), buf...)
	}
	if s.fullLocked() {
		s.pauseLocked()
	} else if len(buf) > 0 && s.messageSince == 0 && s.config.Framer.Framed() {
		s.messageSince = s.config.Clock.Now()
	}
}

// fullLocked reports whether no further reply may be promised.
func (s *Session) fullLocked() bool { return s.pending.len() >= s.config.PendingReplies }

func (s *Session) pauseLocked() {
	if !s.paused {
		s.paused = true
		s.conn.SetReading(false)
	}
}

func (s *Session) resumeLocked() {
	if s.paused {
		s.paused = false
		s.conn.SetReading(true)
	}
}

// messageLocked counts, logs and answers one message.
func (s *Session) messageLocked(message []byte, now time.Time) {
	exception := !utf8.Valid(message)
	s.messages.Received++
	if exception {
		s.messages.Exceptions++
	}
	s.config.Stats.Message(exception, now)
	if s.sentAt > 0 && s.config.Role == snapshot.Client {
		s.config.Stats.RoundTrip.Observe(s.config.Clock.Moment(now) - s.sentAt)
		s.sentAt = 0
	}
	s.logReceived(message, exception)
	if s.textOf(exception).Empty() {
		return
	}
	s.pending.push(promise{received: now, exception: exception})
	s.replyLocked(now)
}

func (s *Session) textOf(exception bool) template.Template {
	if exception {
		return s.config.Exception
	}
	return s.config.Reply
}

// replyLocked sends the replies that are due.
func (s *Session) replyLocked(now time.Time) {
	for s.pending.len() > 0 && s.writing == 0 && s.state != closed {
		p := s.pending.first()
		if now.Sub(p.received) < s.config.ReplyDelay {
			return
		}
		s.pending.pop()
		s.sendLocked(s.textOf(p.exception), p.received, now)
	}
}

// A draft is where a message is written out.
type draft struct {
	values template.Values
	text   []byte
	framed []byte
}

var drafts = sync.Pool{New: func() any { return new(draft) }}

// sendLocked sends text now, with at as its {time}.
func (s *Session) sendLocked(text template.Template, at, now time.Time) {
	d := drafts.Get().(*draft)
	defer drafts.Put(d)
	d.values.Time = at
	d.values.Session = s.ID()
	d.values.Sequence = s.messages.Sent + 1
	d.values.Pod = s.config.Pod
	d.values.Peer = s.conn.RemoteAddr()
	d.text = text.Append(d.text[:0], &d.values)
	d.framed = s.config.Framer.Append(d.framed[:0], d.text)
	sent, err := s.conn.Send(d.framed)
	switch {
	case err != nil:
		s.endLocked(cause.OfSession(err))
		s.closeLocked()
	case sent:
		s.sentLocked(len(d.framed), s.config.Clock.Moment(now))
	default:
		s.writing = len(d.framed)
		s.writeSince = s.config.Clock.Moment(now)
	}
}

// sentLocked counts a message that went to the kernel whole.
func (s *Session) sentLocked(size int, at time.Duration) {
	s.messages.Sent++
	s.bytes.Sent += int64(size)
	s.config.Stats.Sent(size)
	s.active = at
	if s.sentAt == 0 {
		s.sentAt = s.active
	}
}

// proceedLocked goes on after a reply has left or has fallen due.
func (s *Session) proceedLocked() {
	now := time.Now()
	s.replyLocked(now)
	if s.paused && s.state == open && !s.fullLocked() {
		s.takeLocked(nil, now)
		if s.state == open && !s.fullLocked() {
			s.resumeLocked()
		}
	}
	s.finishLocked()
	s.armLocked()
}
