package main

import (
	"context"
	"io"

	"github.com/spf13/cobra"

	"tcp-operator.io/cmd/kubectl-tcp/cluster"
	"tcp-operator.io/cmd/kubectl-tcp/view"
	"tcp-operator.io/topology"
)

func newTopology(o *options) *cobra.Command {
	c := &cobra.Command{
		Use:   "topology",
		Short: "Show the servers and the clients on them",
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
	seen, pods, err := from.Look(ctx, namespace)
	if err != nil {
		return err
	}
	o.warn(cluster.Unread(pods))
	graph := topology.Draw(seen, &topology.Meter{})
	return o.print(graph, func(w io.Writer, style view.Style) { view.Topology(w, graph, style) })
}
