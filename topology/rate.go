package topology

import (
	"maps"
	"time"

	"tcp-operator.io/workload/snapshot"
)

// Rate is how many messages pass, seen from the resource.
type Rate struct {
	ReceivedPerSecond float64 `json:"receivedPerSecond"`
	SentPerSecond     float64 `json:"sentPerSecond"`
}

// plus adds two rates; r may be nil.
func (r *Rate) plus(other Rate) *Rate {
	if r != nil {
		other.ReceivedPerSecond += r.ReceivedPerSecond
		other.SentPerSecond += r.SentPerSecond
	}
	return &other
}

// Meter turns the counters of successive snapshots into rates. It remembers
// each process it has read, as long as it goes on being read. The zero value
// is ready for use; it must not be used by several goroutines at once.
type Meter struct {
	readings map[string]reading // by process instance
	round    int                // counts calls of EndRound
}

// reading is what a process said, and its rate at that time.
type reading struct {
	messages snapshot.Messages
	time     time.Time
	rate     *Rate
	round    int
}

// leastInterval between two readings: the same snapshot may be read twice, and
// over a very short time a rate is mostly chance.
const leastInterval = 500 * time.Millisecond

// Read returns a process's rate since it was read before, by the process's own
// clock; nil at the first time.
func (m *Meter) Read(s snapshot.Snapshot) *Rate {
	last, known := m.readings[s.Instance]
	elapsed := s.ObservedTime.Sub(last.time)
	if known && elapsed < leastInterval {
		last.round = m.round
		m.readings[s.Instance] = last
		return last.rate
	}
	next := reading{messages: s.Messages, time: s.ObservedTime, round: m.round}
	if known {
		next.rate = &Rate{
			ReceivedPerSecond: float64(s.Messages.Received-last.messages.Received) / elapsed.Seconds(),
			SentPerSecond:     float64(s.Messages.Sent-last.messages.Sent) / elapsed.Seconds(),
		}
	}
	if m.readings == nil {
		m.readings = map[string]reading{}
	}
	m.readings[s.Instance] = next
	return next.rate
}

// EndRound forgets the processes that were not read since the last call: they
// are gone. Draw calls it.
func (m *Meter) EndRound() {
	maps.DeleteFunc(m.readings, func(_ string, r reading) bool { return r.round != m.round })
	m.round++
}
