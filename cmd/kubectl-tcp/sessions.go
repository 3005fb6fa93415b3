package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"tcp-operator.io/cmd/kubectl-tcp/cluster"
	"tcp-operator.io/cmd/kubectl-tcp/view"
	"tcp-operator.io/topology"
)

func newSessions(o *options) *cobra.Command {
	c := &cobra.Command{
		Use:   "sessions NAME",
		Short: "Show who is connected to whom now",
		Long: `Show the sessions that a TcpServer or TcpClient has now, with both ends where
both are in this namespace, and what the kernel knows of them.

The ends are joined by the client's address. Behind source NAT the server sees
another address, and each end then stands on a line of its own.`,
		Example: `  kubectl tcp sessions greeter
  kubectl tcp sessions caller -o wide`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: o.complete,
		RunE:              func(c *cobra.Command, args []string) error { return o.sessions(c.Context(), args[0]) },
	}
	o.addOutput(c)
	return c
}

// mostSessions is how many are listed of a pod: those that one may have, unless
// its limit was raised.
const mostSessions = 10_000

func (o *options) sessions(ctx context.Context, argument string) error {
	from, namespace, err := o.open()
	if err != nil {
		return err
	}
	r, err := named(ctx, from, namespace, argument)
	if err != nil {
		return err
	}
	own, err := from.Pods(ctx, r.key().Namespace, r.key())
	if err != nil {
		return err
	}
	all, total := o.sessionsOf(ctx, from, r, own, mostSessions)
	if len(all) < total {
		o.warn(fmt.Sprintf("the oldest %d of %d sessions are shown, %d of a pod at most", len(all), total, mostSessions))
	}
	return o.print(all, func(w io.Writer, style view.Style) { view.Sessions(w, all, style) })
}

// sessionsOf are those of a resource with pods, at most so many of each pod,
// each with its other end where that is in a pod of this namespace; and how many
// there are. What cannot be read costs a warning.
func (o *options) sessionsOf(ctx context.Context, from *cluster.Cluster, r resource, pods []cluster.Pod, most int) (all []topology.Session, total int) {
	own := from.Ends(ctx, pods, most)
	if why := own.Answers.Missing(); why != "" {
		o.warn("sessions may be missing: " + why)
	}
	far := o.farEnds(ctx, from, r.key(), own, most)
	if r.server != nil {
		all = topology.Join(far, own.Ends)
	} else {
		all = topology.Join(own.Ends, far)
	}
	return withEnd(all, ownEnd(r)), own.Total
}

// farEnds are those of the pods with which a resource may hold sessions.
func (o *options) farEnds(ctx context.Context, from *cluster.Cluster, key topology.Key, own cluster.Ends, most int) []topology.End {
	if len(own.Ends) == 0 {
		return nil
	}
	servers, clients, err := from.Resources(ctx, key.Namespace)
	var pods []cluster.Pod
	if err == nil {
		others := counterparts(topology.Draw(topology.Seen{Servers: servers, Clients: clients}, &topology.Meter{}), key)
		if len(others) == 0 {
			return nil
		}
		pods, err = from.Pods(ctx, key.Namespace, others...)
	}
	if err != nil {
		o.warn("other ends are not known: " + err.Error())
		return nil
	}
	far := from.Ends(ctx, pods, most)
	if why := far.Answers.Missing(); why != "" {
		o.warn("other ends may be missing: " + why)
	} else if len(far.Ends) < far.Total {
		o.warn(fmt.Sprintf("other ends may be missing: the oldest %d of %d were read", len(far.Ends), far.Total))
	}
	return far.Ends
}

// counterparts are the resources that a resource holds sessions with: the
// server of a client, the clients of a server.
func counterparts(graph topology.Graph, of topology.Key) []topology.Key {
	var all []topology.Key
	for _, c := range graph.Clients {
		switch client := topology.ClientKey(c.Namespace, c.Name); {
		case c.Server == nil:
		case *c.Server == of:
			all = append(all, client)
		case client == of:
			all = append(all, *c.Server)
		}
	}
	return all
}

// ownEnd picks the end of a session that a resource of this kind is.
func ownEnd(r resource) func(topology.Session) *topology.End {
	if r.server != nil {
		return func(s topology.Session) *topology.End { return s.Server }
	}
	return func(s topology.Session) *topology.End { return s.Client }
}

// withEnd keeps the sessions of which one end is the resource's own.
func withEnd(all []topology.Session, end func(topology.Session) *topology.End) []topology.Session {
	kept := make([]topology.Session, 0, len(all))
	for _, s := range all {
		if end(s) != nil {
			kept = append(kept, s)
		}
	}
	return kept
}
