// Package session plays one TCP connection: it greets, cuts what comes into
// messages, answers each after its delay and in order, holds the limits, and
// ends with one reason. It is the same for both roles.
//
// A session has no goroutine of its own. It acts when its wire.Conn brings
// bytes and when its alarm goes off, under its own lock, and never waits.
//
// Locks are taken in this order: a session's, its owner's (client or server),
// its connection's, the table of a poller. A shard of the clock takes none of
// them with its own held.
package session

import (
	"io"
	"sync"
	"time"

	"tcp-operator.io/workload/alarm"
	"tcp-operator.io/workload/cause"
	"tcp-operator.io/workload/snapshot"
	"tcp-operator.io/workload/stats"
	"tcp-operator.io/workload/wire"
)

// A Session is one connection from its start to its close.
type Session struct {
	// What a message touches comes first: with many sessions every line of
	// memory is one that the processor has to wait for.
	mu     sync.Mutex
	state  state
	paused bool // reading is
	config *Config
	conn   wire.Conn
	number uint64

	traffic *stats.Traffic

	// Moments of config.Clock; 0 means not now, or not yet.
	active       time.Duration // last byte received or message sent
	sentAt       time.Duration // of the oldest message sent since the last received
	alarmAt      time.Duration // what alarm is set to
	writeSince   time.Duration // a Send has been held back since then
	messageSince time.Duration // unread begins with an unfinished message since then
	writing      int           // bytes that conn holds back

	unread   []byte // received, not yet cut into messages
	scanned  int    // bytes of unread known to hold no whole message
	pending  queue
	held     []int // of each message that conn holds back, the bytes left
	messages snapshot.Messages
	bytes    snapshot.Bytes

	owner       Owner
	start       time.Duration // moment of config.Clock
	alarm       alarm.Alarm
	end         cause.End     // set once, by the first thing that ends the session
	lingerSince time.Duration // moment, as above
	dropped     int           // bytes that came while lingering
}

type state uint8

const (
	open      state = iota
	peerDone        // the peer sent FIN: promised replies go out, then we close
	draining        // no new promises: those given go out, then FIN
	lingering       // FIN sent: what comes is dropped until the peer's FIN
	closed
)

var stateNames = [...]snapshot.State{
	open: snapshot.Open, peerDone: snapshot.HalfClosed, draining: snapshot.Draining, lingering: snapshot.Closing,
	closed: snapshot.Closing,
}

// New returns the session of conn, which it owns from now on. Its number is
// unique to the process, and the one that conn was made with, so that both are
// served by the same processor. Nothing happens before Start.
func New(config *Config, owner Owner, conn wire.Conn, number uint64) *Session {
	return &Session{
		config: config, owner: owner, conn: conn, number: number,
		traffic: config.Stats.Traffic(number), start: config.Clock.Now(),
	}
}

// Start greets the peer and begins to read.
func (s *Session) Start() {
	s.config.Stats.Opened()
	s.logMade()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state == closed {
		return // by Close, which does not wait for Start
	}
	s.active = s.config.Clock.Now()
	s.conn.Start(s)
	if s.state == open && !s.config.Greeting.Empty() {
		now := time.Now()
		d := s.draftLocked()
		d.write(s.config.Greeting, now)
		s.sendLocked(d, now)
		drafts.Put(d)
	}
	s.armLocked()
}

// Reject counts conn, which exceeds limits.sessions, and closes it with FIN. It
// is Start and end in one: nothing is read as a message, nobody is greeted.
func (s *Session) Reject() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state != open {
		return // by Close, which does not wait for Reject
	}
	s.config.Stats.Rejected()
	s.conn.Start(s)
	s.shutLocked(cause.End{Reason: snapshot.SessionLimit, By: snapshot.Local})
}

// Drain ends the session politely: what was promised goes out, then FIN.
func (s *Session) Drain() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state != open {
		return
	}
	s.state = draining
	s.unread = nil
	s.messageSince = 0
	s.resumeLocked()
	s.finishLocked()
	s.armLocked()
}

// Close ends the session at once.
func (s *Session) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.endLocked(cause.End{Reason: snapshot.LocalClosed, By: snapshot.Local})
	s.closeLocked()
}

// Received implements wire.Events.
func (s *Session) Received(p []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	s.active = s.config.Clock.Moment(now)
	s.bytes.Received += int64(len(p))
	s.traffic.Received(len(p))
	switch s.state {
	case open:
		s.takeLocked(p, now)
		s.armLocked()
	case lingering:
		if s.dropped += len(p); s.dropped > lingerBytes {
			s.closeLocked()
		}
	}
}

// Ended implements wire.Events.
func (s *Session) Ended(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.endLocked(cause.OfSession(err))
	if err != io.EOF || s.state == lingering {
		s.closeLocked()
		return
	}
	if s.state == open && !s.config.Framer.Framed() && len(s.unread) > 0 {
		s.takeLastLocked(time.Now())
	}
	if s.state != closed {
		s.state = peerDone
		s.unread = nil
		s.messageSince = 0
	}
	s.finishLocked()
	s.armLocked()
}

// Sent implements wire.Events.
func (s *Session) Sent(bytes int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.writing == 0 {
		return
	}
	now := time.Now()
	s.sentLocked(bytes, s.config.Clock.Moment(now))
	if s.writing == 0 {
		s.writeSince = 0
		s.proceedLocked(now)
	} else if s.end.By != snapshot.Local {
		s.writeSince = s.active // it reads, if slowly
	}
}

// endLocked notes why the session ends, unless it is known already.
func (s *Session) endLocked(end cause.End) {
	if s.end.Reason == "" {
		s.end = end
		s.logLost()
		s.owner.SessionLost(s, end)
	}
}

// finishLocked ends a session that wants to end and owes nothing any more.
func (s *Session) finishLocked() {
	if s.pending.len() > 0 || s.writing > 0 {
		return
	}
	switch s.state {
	case peerDone:
		s.closeLocked()
	case draining:
		s.shutLocked(cause.End{Reason: snapshot.Drained, By: snapshot.Local})
	}
}

// shutLocked ends the session by our own decision: promises are dropped, what
// is under way goes out, then FIN. A peer that does not read gets RST, which
// frees the kernel of what it will not take.
func (s *Session) shutLocked(end cause.End) {
	if s.state == closed {
		return
	}
	s.endLocked(end)
	s.pending.clear()
	s.unread = nil
	s.messageSince = 0
	if s.writing == 0 {
		s.lingerLocked()
		return
	}
	if end.Reason == snapshot.WriteTimeout {
		s.abortLocked()
		return
	}
	s.state = draining
	s.writeSince = s.config.Clock.Now() // as long as any other may be under way
	s.resumeLocked()
	s.armLocked()
}

// lingerLocked sends FIN and waits for the peer's.
func (s *Session) lingerLocked() {
	s.state = lingering
	s.lingerSince = s.config.Clock.Now()
	s.conn.CloseWrite()
	s.resumeLocked()
	s.armLocked()
}

// closeLocked closes the connection with FIN where none was sent.
func (s *Session) closeLocked() { s.releaseLocked(false) }

// abortLocked closes the connection with RST.
func (s *Session) abortLocked() { s.releaseLocked(true) }

func (s *Session) releaseLocked(reset bool) {
	if s.state == closed {
		return
	}
	s.state = closed
	s.logClosed()
	info := s.conn.TCPInfo() // while there is one to ask
	if reset {
		s.conn.Abort()
	} else {
		s.conn.Close()
	}
	s.config.Stats.TCP.Ended(info) // now that nobody else can ask
	s.pending.clear()
	s.unread, s.held, s.writing = nil, nil, 0
	s.config.Clock.Cancel(&s.alarm, s.number)
	if s.end.Reason != snapshot.SessionLimit {
		s.config.Stats.Closed(s.end.Reason, s.Age())
	}
	s.owner.SessionClosed(s, s.end)
}
