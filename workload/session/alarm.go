package session

import (
	"time"

	"tcp-operator.io/workload/cause"
	"tcp-operator.io/workload/snapshot"
)

// A session has one alarm, set to the first of its deadlines. Deadlines that
// move away leave it as it is: it then goes off too early, finds nothing to
// do, and is set anew. So a message on a session with an idle timeout moves no
// alarm.

// armLocked sets the alarm if a deadline comes before it.
func (s *Session) armLocked() {
	if s.state == closed {
		return
	}
	at := s.deadlineLocked()
	if at == 0 || s.alarmAt > 0 && s.alarmAt <= at {
		return
	}
	s.alarmAt = at
	s.config.Clock.Set(&s.alarm, s, s.number, at)
}

// deadlineLocked returns the first deadline; 0 means none.
func (s *Session) deadlineLocked() time.Duration {
	var first time.Duration
	add := func(since, timeout time.Duration) {
		if at := since + timeout; first == 0 || at < first {
			first = at
		}
	}
	if s.pending.len() > 0 && s.writing == 0 {
		add(s.config.Clock.Moment(s.pending.first().received), s.config.ReplyDelay)
	}
	if timeout := s.writeTimeoutLocked(); s.writing > 0 && timeout > 0 {
		add(s.writeSince, timeout)
	}
	if s.messageSince > 0 && s.config.MessageTimeout > 0 {
		add(s.messageSince, s.config.MessageTimeout)
	}
	if s.idleLocked() && s.config.IdleTimeout > 0 {
		add(s.active, s.config.IdleTimeout)
	}
	if s.state == lingering {
		add(s.lingerSince, s.lingerTimeoutLocked())
	}
	return first
}

// writeTimeoutLocked bounds what is under way; 0 means that nothing does. A
// session that we have decided to end does not wait for ever.
func (s *Session) writeTimeoutLocked() time.Duration {
	if s.config.WriteTimeout == 0 && s.end.By == snapshot.Local {
		return LingerTimeout
	}
	return s.config.WriteTimeout
}

// lingerTimeoutLocked bounds the wait for the peer's FIN.
func (s *Session) lingerTimeoutLocked() time.Duration {
	if s.end.Reason == snapshot.Drained {
		return DrainTimeout
	}
	return LingerTimeout
}

// idleLocked reports whether the session waits for nothing but its peer.
func (s *Session) idleLocked() bool {
	return s.state == open && s.pending.len() == 0 && s.writing == 0
}

// Wake implements alarm.Sleeper.
func (s *Session) Wake() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state == closed {
		return
	}
	s.alarmAt = 0
	clock := time.Now()
	now := s.config.Clock.Moment(clock)
	past := func(since, timeout time.Duration) bool { return since > 0 && timeout > 0 && now-since >= timeout }
	switch {
	case s.state == lingering:
		if past(s.lingerSince, s.lingerTimeoutLocked()) {
			s.closeLocked()
			return
		}
	case past(s.writeSince, s.writeTimeoutLocked()):
		s.shutLocked(cause.End{Reason: snapshot.WriteTimeout, By: snapshot.Local})
	case past(s.messageSince, s.config.MessageTimeout):
		s.shutLocked(cause.End{Reason: snapshot.MessageTimeout, By: snapshot.Local})
	case s.idleLocked() && past(s.active, s.config.IdleTimeout):
		s.shutLocked(cause.End{Reason: snapshot.IdleTimeout, By: snapshot.Local})
	}
	s.proceedLocked(clock)
}
