package view

import (
	"io"
	"time"

	"k8s.io/apimachinery/pkg/util/duration"

	"tcp-operator.io/topology"
)

// Sessions prints who is connected to whom. A session's own numbers are those
// of the client's end where it is known.
func Sessions(w io.Writer, sessions []topology.Session, style Style) {
	t := table{header: []string{"CLIENT", "FROM", "SERVER", "TO", "STATE", "AGE", "RECEIVED", "SENT", "RTT", "RESENT"}}
	if style.Wide {
		t.header = append(t.header, "TCP", "PENDING", "UNACKED", "ID")
	}
	for _, s := range sessions {
		t.rows = append(t.rows, style.session(s))
	}
	t.print(w, "There are no sessions.")
}

func (style Style) session(s topology.Session) []string {
	client, server, from, to := unknown, unknown, "", ""
	if s.Server != nil {
		server, from, to = s.Server.Pod, s.Server.RemoteAddress, s.Server.LocalAddress
	}
	if s.Client != nil {
		client, from, to = s.Client.Pod, s.Client.LocalAddress, s.Client.RemoteAddress
	}
	seen := s.Client
	if seen == nil {
		seen = s.Server
	}
	rtt, resent, state, unacked := unknown, unknown, unknown, unknown
	if tcp := seen.TCP; tcp != nil {
		rtt, resent = micros(tcp.RoundTripMicroseconds), number(tcp.RetransmittedSegments)
		state, unacked = tcp.State, number(tcp.UnacknowledgedSegments)
	}
	row := []string{client, from, server, to, string(seen.State), duration.HumanDuration(time.Duration(seen.AgeMilliseconds) * time.Millisecond),
		number(seen.Messages.Received), number(seen.Messages.Sent), rtt, resent}
	if style.Wide {
		row = append(row, state, number(seen.PendingReplies), unacked, seen.ID)
	}
	return row
}
