package session

import (
	"time"

	"tcp-operator.io/workload/cause"
	"tcp-operator.io/workload/snapshot"
)

// A session has one timer, set to the first of its deadlines. Deadlines that
// move away leave it as it is: it then fires too early, finds nothing to do,
// and is set anew. So a message on a session with an idle timeout costs no
// call of the timer.

// moment is how long after the session's start t is. One nanosecond is added:
// 0 says "no moment".
func (s *Session) moment(t time.Time) time.Duration { return t.Sub(s.start) + 1 }

// elapsed is the moment of now.
func (s *Session) elapsed() time.Duration { return s.moment(time.Now()) }

// armLocked sets the timer if a deadline comes before it.
func (s *Session) armLocked() {
	if s.state == closed {
		return
	}
	at := s.deadlineLocked()
	if at == 0 || s.alarm > 0 && s.alarm <= at {
		return
	}
	s.alarm = at
	wait := max(at-s.elapsed(), 0)
	if s.timer == nil {
		s.timer = time.AfterFunc(wait, s.wake)
	} else {
		s.timer.Reset(wait)
	}
}

// deadlineLocked returns the first deadline; 0 means none.
func (s *Session) deadlineLocked() time.Duration {
	var first time.Duration
	add := func(since, timeout time.Duration) {
		if at := max(since+timeout, 1); first == 0 || at < first {
			first = at
		}
	}
	if s.pending.len() > 0 && s.writing == 0 {
		add(s.moment(s.pending.first().received), s.config.ReplyDelay)
	}
	if s.writing > 0 && s.config.WriteTimeout > 0 {
		add(s.writeSince, s.config.WriteTimeout)
	}
	if s.messageSince > 0 && s.config.MessageTimeout > 0 {
		add(s.messageSince, s.config.MessageTimeout)
	}
	if s.idleLocked() && s.config.IdleTimeout > 0 {
		add(s.active, s.config.IdleTimeout)
	}
	if s.state == lingering {
		add(s.lingerUntil, 0)
	}
	return first
}

// idleLocked reports whether the session waits for nothing but its peer.
func (s *Session) idleLocked() bool {
	return s.state == open && s.pending.len() == 0 && s.writing == 0
}

// wake is the timer's function.
func (s *Session) wake() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state == closed {
		return
	}
	s.alarm = 0
	now := s.elapsed()
	past := func(since, timeout time.Duration) bool { return timeout > 0 && now-since >= timeout }
	switch {
	case s.state == lingering:
		if now >= s.lingerUntil {
			s.closeLocked()
			return
		}
	case s.writing > 0 && past(s.writeSince, s.config.WriteTimeout):
		s.shutLocked(cause.End{Reason: snapshot.WriteTimeout, By: snapshot.Local})
	case s.messageSince > 0 && past(s.messageSince, s.config.MessageTimeout):
		s.shutLocked(cause.End{Reason: snapshot.MessageTimeout, By: snapshot.Local})
	case s.idleLocked() && past(s.active, s.config.IdleTimeout):
		s.shutLocked(cause.End{Reason: snapshot.IdleTimeout, By: snapshot.Local})
	}
	s.proceedLocked()
}
