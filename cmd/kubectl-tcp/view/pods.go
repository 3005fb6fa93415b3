package view

import (
	"io"

	"tcp-operator.io/topology"
	"tcp-operator.io/workload/snapshot"
)

// PodLine is one pod.
type PodLine struct {
	Of       topology.Key `json:"of"`
	Name     string       `json:"name"`
	Node     string       `json:"node,omitempty"`
	Ready    bool         `json:"ready"`
	Restarts int32        `json:"restarts"`
	// Problem is why the pod could not be asked; empty where it was, or does not
	// run.
	Problem string `json:"problem,omitempty"`
	// Snapshot is nil where the pod did not answer.
	Snapshot *snapshot.Snapshot `json:"snapshot,omitempty"`
	// Rate is nil until the pod has been asked twice.
	Rate *topology.Rate `json:"rate,omitempty"`
}

// Pods prints the pods of one resource.
func Pods(w io.Writer, pods []PodLine, style Style) {
	t := table{header: []string{"POD", "NODE", "READY", "RESTARTS", "SESSIONS", "RECEIVED", "SENT", "LOST", "STARTED"}}
	for _, p := range pods {
		row := []string{p.Name, orUnknown(p.Node), yesOrNo(p.Ready), number(p.Restarts)}
		if s := p.Snapshot; s != nil {
			row = append(row, number(s.Sessions.Open), number(s.Messages.Received), number(s.Messages.Sent), ofClient(s, s.Sessions.Lost), style.age(s.StartTime))
		} else {
			row = append(row, unknown, unknown, unknown, unknown, unknown)
		}
		t.rows = append(t.rows, row)
	}
	t.print(w, "There are no pods.")
}

// Top prints what passes through each pod now.
func Top(w io.Writer, pods []PodLine, style Style) {
	t := table{header: []string{"RESOURCE", "POD", "SESSIONS", "RECEIVED/S", "SENT/S", "P50", "P99", "RECONNECTS"}}
	if style.Wide {
		t.header = append(t.header, "LOST", "RECEIVED", "SENT", "RESENT", "NODE", "STARTED")
	}
	for _, p := range pods {
		row := []string{p.Of.Kind + " " + style.name(p.Of.Namespace, p.Of.Name), p.Name}
		if p.Snapshot != nil {
			row = append(row, style.traffic(p)...)
		}
		for len(row) < len(t.header) {
			row = append(row, unknown)
		}
		t.rows = append(t.rows, row)
	}
	t.print(w, "There are no pods.")
}

// traffic is what Top shows of a pod that answered.
func (s Style) traffic(p PodLine) []string {
	said := p.Snapshot
	p50, p99 := unknown, unknown
	if r := said.RoundTrip; r != nil {
		p50, p99 = micros(r.P50Microseconds), micros(r.P99Microseconds)
	}
	cells := []string{number(said.Sessions.Open), perSecond(p.Rate, received), perSecond(p.Rate, sent), p50, p99, ofClient(said, reconnects(said))}
	if s.Wide {
		resent := unknown
		if said.TCP != nil {
			resent = number(said.TCP.RetransmittedSegments)
		}
		cells = append(cells, ofClient(said, said.Sessions.Lost), number(said.Messages.Received), number(said.Messages.Sent), resent,
			orUnknown(p.Node), s.age(said.StartTime))
	}
	return cells
}

// ofClient is a number that servers do not have.
func ofClient(s *snapshot.Snapshot, n int64) string {
	if s.Role == snapshot.Server {
		return unknown
	}
	return number(n)
}

// reconnects is how often a client has established a session again that it had
// before: all that it established, but for the first of each desired session.
// One that never was established has had no first; an outage that did not begin
// with a session tells of it. More such than a snapshot lists are not seen, and
// the number is then too small.
func reconnects(s *snapshot.Snapshot) int64 {
	firsts := s.Sessions.Desired
	for _, o := range s.Outages {
		if o.EndTime == nil && o.Phase != snapshot.PhaseSession {
			firsts--
		}
	}
	return max(0, s.Sessions.Opened-firsts)
}

func yesOrNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}
