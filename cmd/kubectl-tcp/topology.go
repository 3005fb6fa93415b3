package main

import (
	"context"
	"io"

	"github.com/spf13/cobra"

	"tcp-operator.io/cmd/kubectl-tcp/view"
	"tcp-operator.io/topology"
)

func newTopology(o *options) *cobra.Command {
	c := &cobra.Command{
		Use:   "topology",
		Short: "Show the servers and the clients on them",
		Long: `Show the TcpServers of a namespace, each with the TcpClients on it, and how they
are. A client that was given an address is under the server behind it, or else
under the address.`,
		Example: `  kubectl tcp topology
  kubectl tcp topology -A -o wide`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return o.topology(c.Context()) },
	}
	o.addOutput(c)
	o.addAllNamespaces(c)
	return c
}

func (o *options) topology(ctx context.Context) error {
	from, namespace, err := o.open()
	if err != nil {
		return err
	}
	seen, answers, err := from.Look(ctx, namespace)
	if err != nil {
		return err
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	o.warn(answers.Numbers())
	graph := topology.Draw(seen, &topology.Meter{})
	return o.print(graph, func(w io.Writer, style view.Style) {
		style.Within = namespace
		view.Topology(w, graph, style)
	})
}
