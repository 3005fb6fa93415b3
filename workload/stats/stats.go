// Package stats counts what one process does. A Set is written by many
// sessions at once and read into a snapshot. It holds what has happened; what
// is there now, such as open sessions and outages, the server or the client
// adds.
package stats

import (
	"maps"
	"runtime"
	"sync/atomic"
	"time"

	"tcp-operator.io/workload/snapshot"
)

// A Set holds the counters of one process. It is safe for use by several
// goroutines at once.
type Set struct {
	opened, rejected, lost, acceptErrors atomic.Int64
	traffic                              []Traffic

	closes, failures reasons

	RoundTrip *Latency // message sent to next message received
	Age       *Ages    // of ended sessions
	TCP       *TCP
}

// reasons counts by reason. Its keys are fixed at its creation, so that it
// needs no lock.
type reasons map[snapshot.Reason]*atomic.Int64

func newReasons(known []snapshot.Reason) reasons {
	r := make(reasons, len(known))
	for _, reason := range known {
		r[reason] = new(atomic.Int64)
	}
	return r
}

// add counts reason; one outside the set counts as OtherError.
func (r reasons) add(reason snapshot.Reason) {
	counter, ok := r[reason]
	if !ok {
		counter = r[snapshot.OtherError]
	}
	counter.Add(1)
}

func (r reasons) read() map[snapshot.Reason]int64 {
	read := make(map[snapshot.Reason]int64, len(r))
	for reason, counter := range maps.All(r) {
		read[reason] = counter.Load()
	}
	return read
}

// New returns a Set with every counter at 0.
func New() *Set {
	return &Set{
		traffic:   make([]Traffic, runtime.GOMAXPROCS(0)),
		closes:    newReasons(snapshot.CloseReasons()),
		failures:  newReasons(snapshot.FailureReasons()),
		RoundTrip: newLatency(),
		Age:       newAges(),
		TCP:       newTCP(),
	}
}

// Opened counts a session that was accepted or established.
func (s *Set) Opened() { s.opened.Add(1) }

// Rejected counts a connection closed at once because of limits.sessions.
func (s *Set) Rejected() {
	s.rejected.Add(1)
	s.closes.add(snapshot.SessionLimit)
}

// Closed counts the end of a session of this age.
func (s *Set) Closed(reason snapshot.Reason, age time.Duration) {
	s.closes.add(reason)
	s.Age.Observe(age)
}

// Lost counts a client's session that ended without its own wish.
func (s *Set) Lost() { s.lost.Add(1) }

// Failed counts an attempt that failed.
func (s *Set) Failed(reason snapshot.Reason) { s.failures.add(reason) }

// AcceptFailed counts a failed accept.
func (s *Set) AcceptFailed() { s.acceptErrors.Add(1) }

// Traffic returns where to count the messages of a session, by its number.
func (s *Set) Traffic(number uint64) *Traffic { return &s.traffic[number%uint64(len(s.traffic))] }

// Fill writes all that the Set has counted into a snapshot. What is open,
// desired or wrong right now is for the server or client to add.
func (s *Set) Fill(to *snapshot.Snapshot) {
	s.Count(to)
	to.RoundTrip = s.RoundTrip.Summary()
}

// Count is Fill without the round trips, whose summary costs a compression
// that a probe or a scrape has no use for.
func (s *Set) Count(to *snapshot.Snapshot) {
	to.Sessions.Opened = s.opened.Load()
	to.Sessions.Rejected = s.rejected.Load()
	to.Sessions.Lost = s.lost.Load()
	to.Sessions.AcceptErrors = s.acceptErrors.Load()
	s.countTraffic(to)
	to.Closes = s.closes.read()
	to.Failures = s.failures.read()
}
