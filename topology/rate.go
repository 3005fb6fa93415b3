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
	readings map[process]reading
	round    int // counts calls of EndRound
}

// process names one process. The instance is its own word, which another one
// can repeat; resource and pod are the API server's.
type process struct {
	of            Key
	pod, instance string
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

// Read is ReadOf for a reader of one resource only.
func (m *Meter) Read(s snapshot.Snapshot) *Rate { return m.ReadOf(Key{}, s) }

// ReadOf returns the rate of a process of a resource since it was read before,
// by the process's own clock; nil at the first time, and after its clock was
// set back.
func (m *Meter) ReadOf(of Key, s snapshot.Snapshot) *Rate {
	who := process{of: of, pod: s.Pod, instance: s.Instance}
	last, known := m.readings[who]
	next := reading{messages: s.Messages, time: s.ObservedTime, round: m.round}
	switch elapsed := s.ObservedTime.Sub(last.time); {
	case !known || elapsed < 0 || decreased(last.messages, s.Messages):
		// A beginning: there is nothing to compare with.
	case elapsed < leastInterval:
		next.messages, next.time, next.rate = last.messages, last.time, last.rate
	default:
		next.rate = &Rate{
			ReceivedPerSecond: float64(s.Messages.Received-last.messages.Received) / elapsed.Seconds(),
			SentPerSecond:     float64(s.Messages.Sent-last.messages.Sent) / elapsed.Seconds(),
		}
	}
	if m.readings == nil {
		m.readings = map[process]reading{}
	}
	m.readings[who] = next
	return next.rate
}

// decreased tells of counters that no one process can have.
func decreased(from, to snapshot.Messages) bool {
	return to.Received < from.Received || to.Sent < from.Sent
}

// EndRound forgets the processes that were not read since the last call: they
// are gone. Draw calls it.
func (m *Meter) EndRound() {
	maps.DeleteFunc(m.readings, func(_ process, r reading) bool { return r.round != m.round })
	m.round++
}
