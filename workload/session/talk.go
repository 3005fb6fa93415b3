package session

import (
	"slices"
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
	d := s.draftLocked()
	defer drafts.Put(d)
	scanned := s.scanned
	for len(buf) > 0 && !s.fullLocked() {
		message, size, err := s.config.Framer.Next(buf, scanned)
		if err != nil {
			s.sendLocked(d, now)
			s.shutLocked(cause.End{Reason: snapshot.MessageTooLarge, By: snapshot.Local, Err: err})
			return
		}
		scanned = len(buf)
		if size == 0 {
			break
		}
		s.messageLocked(message, d, now)
		if s.state != open {
			return
		}
		buf, scanned, s.messageSince = buf[size:], 0, 0
	}
	s.sendLocked(d, now)
	if s.state == open {
		s.keepLocked(buf, scanned)
	}
}

// takeLastLocked takes a character that was never finished for a message.
func (s *Session) takeLastLocked(now time.Time) {
	d := s.draftLocked()
	defer drafts.Put(d)
	s.messageLocked(s.unread, d, now)
	s.sendLocked(d, now)
}

// keepLocked keeps what is left of buf for later, and no more memory than
// that; but while there is much left, which is taken bit by bit, it is not
// copied for each bit.
func (s *Session) keepLocked(buf []byte, scanned int) {
	s.scanned = scanned
	switch {
	case len(buf) == 0:
		s.unread = nil
	case len(s.unread) > 0 && s.fullLocked():
		s.unread = buf // a part of it
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

// messageLocked counts, logs and answers one message: in d, if the answer is
// due, else by a promise.
func (s *Session) messageLocked(message []byte, d *draft, now time.Time) {
	exception := !utf8.Valid(message)
	s.messages.Received++
	if exception {
		s.messages.Exceptions++
	}
	s.traffic.Message(exception, now)
	if s.sentAt > 0 && s.config.Role == snapshot.Client {
		s.config.Stats.RoundTrip.Observe(s.config.Clock.Moment(now) - s.sentAt)
		s.sentAt = 0
	}
	s.logReceived(message, exception)
	text := s.textOf(exception)
	switch {
	case text.Empty():
	case s.config.ReplyDelay == 0 && s.pending.len() == 0 && s.writing == 0:
		s.writeLocked(d, text, now, now)
	default:
		s.pending.push(promise{received: now, exception: exception})
	}
}

func (s *Session) textOf(exception bool) template.Template {
	if exception {
		return s.config.Exception
	}
	return s.config.Reply
}

// replyLocked sends the replies that are due.
func (s *Session) replyLocked(now time.Time) {
	if !s.dueLocked(now) {
		return
	}
	d := s.draftLocked()
	defer drafts.Put(d)
	for s.dueLocked(now) {
		p := s.pending.first()
		s.pending.pop()
		s.writeLocked(d, s.textOf(p.exception), p.received, now)
	}
	s.sendLocked(d, now)
}

// dueLocked reports whether a promised reply is due and may go.
func (s *Session) dueLocked(now time.Time) bool {
	return s.pending.len() > 0 && s.writing == 0 && now.Sub(s.pending.first().received) >= s.config.ReplyDelay
}

// writeLocked writes text into d, with at as its {time}, and sends d once that
// is full.
func (s *Session) writeLocked(d *draft, text template.Template, at, now time.Time) {
	d.write(text, at)
	if d.full() {
		s.sendLocked(d, now)
	}
}

// sendLocked sends what d holds, and empties it.
func (s *Session) sendLocked(d *draft, now time.Time) {
	if len(d.sizes) == 0 || s.state == closed {
		return
	}
	s.held = d.sizes
	held, err := s.conn.Send(d.framed)
	if err != nil {
		s.endLocked(cause.OfSession(err))
		s.closeLocked()
		return
	}
	s.writing = len(d.framed)
	s.sentLocked(s.writing-held, s.config.Clock.Moment(now))
	if held > 0 {
		s.held = slices.Clone(s.held)
		s.writeSince = s.config.Clock.Moment(now)
	}
	d.clear(s.messages.Sent)
}

// sentLocked counts what went to the kernel: so many bytes of those held back,
// and the messages that went whole with them.
func (s *Session) sentLocked(bytes int, at time.Duration) {
	s.writing -= bytes
	whole, left := 0, bytes
	for ; whole < len(s.held) && s.held[whole] <= left; whole++ {
		left -= s.held[whole]
	}
	s.held = s.held[whole:]
	if len(s.held) == 0 {
		s.held = nil
	} else {
		s.held[0] -= left
	}
	s.messages.Sent += int64(whole)
	s.bytes.Sent += int64(bytes)
	s.traffic.Sent(whole, bytes)
	s.active = at
	if s.sentAt == 0 && whole > 0 {
		s.sentAt = at
	}
}

// proceedLocked goes on after a reply has left or has fallen due.
func (s *Session) proceedLocked(now time.Time) {
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
