// Package admin shows a workload process to others: probes, metrics, snapshot
// and the list of sessions, all made from one snapshot.
package admin

import (
	"cmp"
	"slices"
	"time"

	"tcp-operator.io/workload/session"
	"tcp-operator.io/workload/snapshot"
	"tcp-operator.io/workload/stats"
)

// A Part is the server or the client of a process.
type Part interface {
	// Observe adds what only it knows to a snapshot.
	Observe(*snapshot.Snapshot)
	// Open returns the sessions whose connections are open, in no order.
	Open() []*session.Session
}

// A Process is what there is to show. It must not change once it is served.
type Process struct {
	Role      snapshot.Role
	Instance  string // unique to the process
	Pod, Node string // empty outside Kubernetes
	Start     time.Time
	Stats     *stats.Set
	Part      Part
}

// Snapshot returns everything the process knows about itself now. It asks the
// kernel about every session, about a millisecond for a thousand.
func (p *Process) Snapshot() snapshot.Snapshot {
	s := p.measured()
	s.RoundTrip = p.Stats.RoundTrip.Summary()
	return s
}

// measured returns a snapshot without RoundTrip: all that metrics need.
func (p *Process) measured() snapshot.Snapshot {
	s := p.counters()
	s.TCP = p.Stats.TCP.Summary(p.sample)
	return s
}

// sample asks the kernel about every open session.
func (p *Process) sample() []*snapshot.TCPInfo {
	open := p.Part.Open()
	infos := make([]*snapshot.TCPInfo, 0, len(open))
	for _, one := range open {
		infos = append(infos, one.TCPInfo())
	}
	return infos
}

// counters returns a snapshot without RoundTrip and TCP: all that a probe needs.
func (p *Process) counters() snapshot.Snapshot {
	s := snapshot.Snapshot{
		Version:      snapshot.Version,
		Role:         p.Role,
		Instance:     p.Instance,
		Pod:          p.Pod,
		Node:         p.Node,
		StartTime:    p.Start,
		ObservedTime: time.Now(),
	}
	p.Stats.Count(&s)
	p.Part.Observe(&s)
	return s
}

// Sessions lists at most limit sessions with a number above after, oldest
// first.
func (p *Process) Sessions(after uint64, limit int) snapshot.SessionList {
	open := p.Part.Open()
	slices.SortFunc(open, func(a, b *session.Session) int { return cmp.Compare(a.Number(), b.Number()) })
	list := snapshot.SessionList{
		Version:      snapshot.Version,
		Instance:     p.Instance,
		ObservedTime: time.Now(),
		Total:        len(open),
		Sessions:     []snapshot.SessionInfo{},
	}
	for _, one := range open {
		if one.Number() <= after {
			continue
		}
		if len(list.Sessions) == limit {
			list.Next = list.Sessions[limit-1].Number
			break
		}
		list.Sessions = append(list.Sessions, one.Info())
	}
	return list
}
