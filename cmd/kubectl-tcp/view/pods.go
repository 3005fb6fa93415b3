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
	// Snapshot is nil where the pod could not be asked.
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
			row = append(row, number(s.Sessions.Open), number(s.Messages.Received), number(s.Messages.Sent), number(s.Sessions.Lost), style.age(s.StartTime))
		} else {
			row = append(row, unknown, unknown, unknown, unknown, unknown)
		}
		t.rows = append(t.rows, row)
	}
	t.print(w, "There are no pods.")
}

// Top prints what passes through each pod now.
func Top(w io.Writer, pods []PodLine, style Style) {
	t := table{header: []string{"RESOURCE", "POD", "SESSIONS", "RECEIVED/S", "SENT/S", "P50", "P99", "LOST"}}
	for _, p := range pods {
		row := []string{p.Of.Kind + " " + style.name(p.Of.Namespace, p.Of.Name), p.Name}
		if p.Snapshot == nil {
			t.rows = append(t.rows, append(row, unknown, unknown, unknown, unknown, unknown, unknown))
			continue
		}
		p50, p99 := unknown, unknown
		if r := p.Snapshot.RoundTrip; r != nil {
			p50, p99 = micros(r.P50Microseconds), micros(r.P99Microseconds)
		}
		t.rows = append(t.rows, append(row, number(p.Snapshot.Sessions.Open), perSecond(p.Rate, received), perSecond(p.Rate, sent),
			p50, p99, number(p.Snapshot.Sessions.Lost)))
	}
	t.print(w, "There are no pods.")
}

func yesOrNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}
