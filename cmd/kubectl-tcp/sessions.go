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

func (o *options) sessions(ctx context.Context, argument string) error {
	from, namespace, err := o.open()
	if err != nil {
		return err
	}
	r, err := find(ctx, from, namespace, argument)
	if err != nil {
		return err
	}
	key := r.key()
	pods, err := from.Pods(ctx, key.Namespace, &key)
	if err != nil {
		return err
	}
	all, err := o.sessionsOf(ctx, from, r, pods)
	if err != nil {
		return err
	}
	return o.print(all, func(w io.Writer, style view.Style) { view.Sessions(w, all, style) })
}

// sessionsOf are those of a resource, each with its other end where that is in
// a pod of this namespace.
func (o *options) sessionsOf(ctx context.Context, from *cluster.Cluster, r resource, pods []cluster.Pod) ([]topology.Session, error) {
	key := r.key()
	own, err := from.Ends(ctx, pods)
	if err != nil {
		o.warnSessions(err)
	}
	others, err := from.Pods(ctx, key.Namespace, nil)
	if err != nil {
		return nil, err
	}
	opposite := topology.ServerKey("", "").Kind
	if r.server != nil {
		opposite = topology.ClientKey("", "").Kind
	}
	var theirs []cluster.Pod
	for i := range others {
		if others[i].Of.Kind == opposite {
			theirs = append(theirs, others[i])
		}
	}
	far, _ := from.Ends(ctx, theirs) // what cannot be read stays unknown
	if r.server != nil {
		return withEnd(topology.Join(far, own), func(s topology.Session) *topology.End { return s.Server }), nil
	}
	return withEnd(topology.Join(own, far), func(s topology.Session) *topology.End { return s.Client }), nil
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

func (o *options) warnSessions(err error) {
	fmt.Fprintf(o.ErrOut, "warning: some sessions could not be read: %v\n", err)
}

func (o *options) warnEvents(err error) {
	if err != nil {
		fmt.Fprintf(o.ErrOut, "warning: events could not be read: %v\n", err)
	}
}
