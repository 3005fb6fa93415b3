package view

import (
	"fmt"
	"io"
	"maps"
	"slices"

	"tcp-operator.io/topology"
)

// Topology prints the servers and targets, each with the clients on it.
func Topology(w io.Writer, graph topology.Graph, style Style) {
	t := table{header: []string{"NAME", "HEALTH", "PODS", "SESSIONS", "REASON"}, paint: func(row []string, column int) string {
		if column != 1 {
			return ""
		}
		return style.health(row[column])
	}}
	if style.Wide {
		t.header = append(t.header, "RECEIVED", "SENT", "P99", "ADDRESS")
	}
	of := byServer(graph.Clients)
	known := map[topology.Key]bool{}
	for _, server := range graph.Servers {
		key := topology.ServerKey(server.Namespace, server.Name)
		known[key] = true
		t.rows = append(t.rows, style.resource("TcpServer", server.Resource, number(server.Sessions.Open), unknown, server.Address))
		style.clients(&t, of[key])
	}
	for _, client := range graph.Clients {
		if client.Server != nil && !known[*client.Server] {
			gone := *client.Server
			known[gone] = true
			t.add("TcpServer "+style.name(gone.Namespace, gone.Name), missing, unknown, unknown, unknown)
			style.clients(&t, of[gone])
		}
	}
	elsewhere := byTarget(graph.Clients)
	for _, target := range slices.Sorted(maps.Keys(elsewhere)) {
		t.add(orUnknown(target), unknown, unknown, unknown, unknown)
		style.clients(&t, elsewhere[target])
	}
	none := "There are no TcpServers and no TcpClients."
	if style.Within != "" {
		none = "There are no TcpServers and no TcpClients in namespace " + style.Within + ". All namespaces: kubectl tcp topology -A"
	}
	t.print(w, none)
}

// missing stands where the health of a server that is referred to, and is not
// there, would.
const missing = "Missing"

func byServer(clients []topology.Client) map[topology.Key][]topology.Client {
	of := map[topology.Key][]topology.Client{}
	for _, c := range clients {
		if c.Server != nil {
			of[*c.Server] = append(of[*c.Server], c)
		}
	}
	return of
}

// byTarget groups the clients whose server is none of ours.
func byTarget(clients []topology.Client) map[string][]topology.Client {
	at := map[string][]topology.Client{}
	for _, c := range clients {
		if c.Server == nil {
			at[c.Target] = append(at[c.Target], c)
		}
	}
	return at
}

// clients prints those of one server, as branches of a tree.
func (s Style) clients(t *table, clients []topology.Client) {
	for i, c := range clients {
		branch := "├─ "
		if i == len(clients)-1 {
			branch = "└─ "
		}
		sessions := fmt.Sprintf("%d/%d", c.Sessions.Established, c.Sessions.Desired)
		p99 := unknown
		if c.RoundTrip != nil {
			p99 = micros(c.RoundTrip.P99Microseconds)
		}
		t.rows = append(t.rows, s.resource(branch+"TcpClient", c.Resource, sessions, p99, c.Target))
	}
}

func (s Style) resource(kind string, r topology.Resource, sessions, p99, address string) []string {
	row := []string{kind + " " + s.name(r.Namespace, r.Name), string(r.Health), fmt.Sprintf("%d/%d", r.ReadyPods, r.Pods), sessions, orUnknown(r.Reason)}
	if s.Wide {
		row = append(row, number(r.Messages.Received), number(r.Messages.Sent), p99, orUnknown(address))
	}
	return row
}

// name carries the namespace where several are shown.
func (s Style) name(namespace, name string) string {
	if s.Namespace {
		return namespace + "/" + name
	}
	return name
}
