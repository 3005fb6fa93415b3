package view

import (
	"fmt"
	"io"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tcp-operator.io/api/v1alpha1"
	"tcp-operator.io/topology"
)

// Status is all there is to know of one resource. Exactly one of Server and
// Client is set.
type Status struct {
	Server     *topology.Server   `json:"server,omitempty"`
	Client     *topology.Client   `json:"client,omitempty"`
	Conditions []metav1.Condition `json:"conditions"`
	Pods       []PodLine          `json:"pods"`
	// Sessions are the oldest, and TotalSessions counts those of the pods that
	// answered.
	Sessions      []topology.Session `json:"sessions"`
	TotalSessions int                `json:"totalSessions"`
	Events        []topology.Event   `json:"events"`
}

// Listed is how many sessions a status shows.
const Listed = 10

// Print prints the summary, then tables.
func (s Status) Print(w io.Writer, style Style) {
	s.summary(w, style)
	fmt.Fprintln(w, "\nConditions")
	conditions := table{header: []string{"TYPE", "STATUS", "REASON", "SINCE", "MESSAGE"}}
	for _, c := range s.Conditions {
		conditions.add(c.Type, string(c.Status), c.Reason, style.age(c.LastTransitionTime.Time), c.Message)
	}
	conditions.print(w, "The operator has not looked at it yet.")
	fmt.Fprintln(w, "\nPods")
	Pods(w, s.Pods, style)
	fmt.Fprintln(w, "\nSessions")
	shown := s.Sessions[:min(Listed, len(s.Sessions))]
	Sessions(w, shown, style)
	if more := s.TotalSessions - len(shown); more > 0 {
		fmt.Fprintf(w, "and %d more: kubectl tcp sessions %s\n", more, s.argument())
	}
	if s.Client != nil {
		fmt.Fprintln(w, "\nOutages")
		outages(w, s.Client.Outages, style)
	}
	fmt.Fprintln(w, "\nEvents")
	events := table{header: []string{"AGE", "TYPE", "REASON", "NOTE"}}
	for _, e := range s.Events {
		events.add(style.age(e.Time), e.Type, e.Reason, e.Note)
	}
	events.print(w, "There are none, or they have expired.")
}

// argument names the resource on a command line.
func (s Status) argument() string {
	if s.Server != nil {
		return "tcpserver/" + s.Server.Name + " -n " + s.Server.Namespace
	}
	return "tcpclient/" + s.Client.Name + " -n " + s.Client.Namespace
}

func (s Status) summary(w io.Writer, style Style) {
	lines := table{paint: func(row []string, column int) string {
		if column != 1 || row[0] != "Health" || !style.Colour {
			return ""
		}
		return style.health(row[column])
	}}
	if server := s.Server; server != nil {
		lines.header = []string{"TcpServer", server.Namespace + "/" + server.Name}
		style.common(&lines, server.Resource)
		lines.add("Address", orUnknown(server.Address))
		lines.add("Sessions", fmt.Sprintf("%d open, %d accepted, %d rejected", server.Sessions.Open, server.Sessions.Accepted, server.Sessions.Rejected))
		lines.add("Messages", messages(server.Messages))
	}
	if client := s.Client; client != nil {
		lines.header = []string{"TcpClient", client.Namespace + "/" + client.Name}
		style.common(&lines, client.Resource)
		lines.add("Target", orUnknown(client.Target))
		if client.Blocked {
			lines.add("Expects", "the path to be blocked")
		}
		lines.add("Sessions", fmt.Sprintf("%d of %d established, %d opened, %d lost",
			client.Sessions.Established, client.Sessions.Desired, client.Sessions.Opened, client.Sessions.Lost))
		lines.add("Messages", messages(client.Messages))
		if r := client.RoundTrip; r != nil {
			lines.add("Round trip", fmt.Sprintf("p50 %s, p99 %s, the server's delay included", micros(r.P50Microseconds), micros(r.P99Microseconds)))
		}
	}
	lines.print(w, "")
}

func (Style) common(lines *table, r topology.Resource) {
	lines.add("Health", string(r.Health)+" ("+orUnknown(r.Reason)+")")
	lines.add("", orUnknown(r.Message))
	lines.add("Pods", fmt.Sprintf("%d of %d ready", r.ReadyPods, r.Pods))
}

func messages(m v1alpha1.MessagesStatus) string {
	return fmt.Sprintf("%d received, %d sent, %d exceptions", m.Received, m.Sent, m.Exceptions)
}

func outages(w io.Writer, all []v1alpha1.Outage, style Style) {
	t := table{header: []string{"BEGAN", "LASTED", "PHASE", "REASON", "CLOSED BY", "SESSION AGE", "ATTEMPTS", "POD"}}
	for _, o := range all {
		lasted := "still lasts"
		if o.EndTime != nil {
			lasted = (time.Duration(o.DurationMilliseconds) * time.Millisecond).String()
		}
		t.add(style.age(o.StartTime.Time)+" ago", lasted, o.Phase, o.Reason, orUnknown(o.ClosedBy),
			(time.Duration(o.SessionAgeSeconds) * time.Second).String(), number(o.Attempts), o.Pod)
	}
	t.print(w, "There was none.")
}
