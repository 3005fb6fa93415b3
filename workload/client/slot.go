package client

import (
	"context"
	"net"
	"time"

	"tcp-operator.io/workload/cause"
	"tcp-operator.io/workload/session"
	"tcp-operator.io/workload/snapshot"
)

// A slot is one desired session: at any time an attempt is under way, or a
// session is established, or a timer runs until the next attempt. It has a
// goroutine during an attempt only. Its fields are guarded by Client.mu.
type slot struct {
	client *Client
	index  int

	session  *session.Session              // the established one; nil without
	dying    map[*session.Session]struct{} // lost, with promised replies still going out
	attempts int64                         // since the last established session
	failures int                           // in a row, for Backoff
	outage   *snapshot.Outage              // the one that lasts; nil without
	timer    *time.Timer                   // until the next attempt
	probe    probe                         // where the path should be blocked
}

// open returns the sessions whose connections are open.
func (s *slot) open() []*session.Session {
	var all []*session.Session
	if s.session != nil {
		all = append(all, s.session)
	}
	for one := range s.dying {
		all = append(all, one)
	}
	return all
}

// again is the timer's function: it makes one more attempt.
func (s *slot) again() {
	c := s.client
	c.mu.Lock()
	if c.draining {
		c.mu.Unlock()
		return
	}
	c.playing.Add(1)
	c.mu.Unlock()
	s.attempt()
}

// attempt connects once. The caller has added it to Client.playing.
func (s *slot) attempt() {
	c := s.client
	defer c.playing.Done()
	c.mu.Lock()
	s.attempts++
	c.mu.Unlock()
	c.Config.Log.Info("Starting Connecting To Tcp Server", "address", c.Address)
	ctx, cancel := context.WithTimeout(c.quit, c.ConnectTimeout)
	defer cancel()
	conn, err := c.Dial(ctx, "tcp", c.Address)
	if err != nil {
		s.failed(err)
		return
	}
	s.established(conn)
}

// failed notes a failed attempt and plans the next.
func (s *slot) failed(err error) {
	c := s.client
	phase, reason := cause.OfAttempt(err)
	delay, draining := s.noteFailure(phase, reason, err)
	if draining {
		return // it was interrupted, it did not fail
	}
	c.Config.Log.Warn("Connection failed", "address", c.Address, "reason", reason, "phase", phase,
		"error", err, "retryIn", delay.String())
}

// noteFailure counts a failed attempt and sets the timer for the next one.
func (s *slot) noteFailure(phase snapshot.Phase, reason snapshot.Reason, err error) (delay time.Duration, draining bool) {
	c := s.client
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.draining {
		return 0, true
	}
	c.Config.Stats.Failed(reason)
	c.lastFailure = &snapshot.Failure{Time: time.Now(), Phase: phase, Reason: reason, Message: bounded(err.Error())}
	s.probe = probeOf(phase, reason)
	if s.outage == nil && !c.expectsBlocked() {
		s.outage = &snapshot.Outage{Session: s.index, StartTime: c.start, Phase: phase, Reason: reason}
	}
	return s.planLocked(), false
}

// planLocked sets the timer for the next attempt and returns its delay.
func (s *slot) planLocked() time.Duration {
	s.failures++
	delay := s.client.Backoff.Delay(s.failures, jitter()).Round(time.Millisecond)
	s.timer = time.AfterFunc(delay, s.again)
	return delay
}

// established begins a session on conn.
func (s *slot) established(conn net.Conn) {
	c := s.client
	number := c.numbers.Add(1)
	w := c.Poller.Wrap(conn, c.Config.ChunkBytes(), number)
	c.mu.Lock()
	if c.draining {
		c.mu.Unlock()
		w.Close()
		return
	}
	if c.expectsBlocked() {
		s.unexpectedLocked(w.RemoteAddr())
		c.mu.Unlock()
		w.Close()
		return
	}
	one := session.New(&c.Config, s, w, number)
	s.session = one
	c.playing.Add(1)
	c.established++
	if c.established == c.Sessions {
		c.lastFailure = nil
	}
	over := c.endOutageLocked(s, time.Now())
	s.attempts = 0
	c.mu.Unlock()
	c.logOver(over)
	one.Start()
}

// SessionLost implements session.Owner.
func (s *slot) SessionLost(one *session.Session, end cause.End) {
	if delay, again := s.noteLoss(one, end); again {
		s.client.Config.Log.Info("Connecting again later", "address", s.client.Address, "retryIn", delay.String())
	}
}

// noteLoss begins the outage and sets the timer for the next attempt, unless
// the client is draining.
func (s *slot) noteLoss(one *session.Session, end cause.End) (delay time.Duration, again bool) {
	c := s.client
	c.mu.Lock()
	defer c.mu.Unlock()
	s.session = nil
	if s.dying == nil {
		s.dying = map[*session.Session]struct{}{}
	}
	s.dying[one] = struct{}{}
	c.established--
	if c.draining {
		return 0, false
	}
	c.Config.Stats.Lost()
	s.outage = &snapshot.Outage{
		Session:           s.index,
		StartTime:         time.Now(),
		Phase:             snapshot.PhaseSession,
		Reason:            end.Reason,
		ClosedBy:          end.By,
		LocalAddress:      one.LocalAddr(),
		RemoteAddress:     one.RemoteAddr(),
		SessionAgeSeconds: int64(one.Age().Seconds()),
	}
	if c.Backoff.healthy(one.Age()) {
		s.failures = 0
	}
	return s.planLocked(), true
}

// SessionClosed implements session.Owner.
func (s *slot) SessionClosed(one *session.Session, _ cause.End) {
	s.client.mu.Lock()
	defer s.client.mu.Unlock()
	delete(s.dying, one)
	if len(s.dying) == 0 {
		s.dying = nil
	}
	s.client.playing.Done()
}
