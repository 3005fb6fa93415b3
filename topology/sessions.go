package topology

import (
	"cmp"
	"slices"

	"tcp-operator.io/workload/snapshot"
)

// End is a session as one of its two processes sees it.
type End struct {
	Of   Key    `json:"of"`
	Pod  string `json:"pod"`
	Node string `json:"node,omitempty"`
	snapshot.SessionInfo
}

// Session is a session with the ends of it that are known.
type Session struct {
	Client *End `json:"client,omitempty"`
	Server *End `json:"server,omitempty"`
}

// Join finds the two ends of each session: the address from which a client's
// end speaks is the one that the server's end speaks to. A Service does not
// change it; source NAT on the way does, and then each end stands alone. The
// order is that of the clients' pods and the sessions' start.
func Join(clients, servers []End) []Session {
	from := make(map[string]*End, len(servers))
	for i := range servers {
		from[servers[i].RemoteAddress] = &servers[i]
	}
	var joined []Session
	for i := range clients {
		s := Session{Client: &clients[i], Server: from[clients[i].LocalAddress]}
		delete(from, clients[i].LocalAddress)
		joined = append(joined, s)
	}
	for _, alone := range from {
		joined = append(joined, Session{Server: alone})
	}
	slices.SortFunc(joined, func(a, b Session) int { return compareEnds(a.first(), b.first()) })
	return joined
}

// first is the client's end where it is known.
func (s Session) first() *End { return cmp.Or(s.Client, s.Server) }

func compareEnds(a, b *End) int {
	return cmp.Or(cmp.Compare(a.Of.Kind, b.Of.Kind), cmp.Compare(a.Of.Namespace, b.Of.Namespace), cmp.Compare(a.Of.Name, b.Of.Name),
		cmp.Compare(a.Pod, b.Pod), cmp.Compare(a.Number, b.Number))
}
