package main

import (
	"context"
	"io"
	"time"

	"github.com/spf13/cobra"

	"tcp-operator.io/api/v1alpha1"
	"tcp-operator.io/cmd/kubectl-tcp/cluster"
	"tcp-operator.io/cmd/kubectl-tcp/view"
	"tcp-operator.io/topology"
)

func newStatus(o *options) *cobra.Command {
	c := &cobra.Command{
		Use:   "status NAME",
		Short: "Show all there is to know of a TcpServer or TcpClient",
		Long: `Show a summary of a TcpServer or TcpClient, then its conditions, pods, sessions,
outages and newest events.

NAME may be written as tcpserver/NAME or tcpclient/NAME.`,
		Example: `  kubectl tcp status caller
  kubectl tcp status tcpserver/greeter -n shop -o yaml`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: o.complete,
		RunE:              func(c *cobra.Command, args []string) error { return o.status(c.Context(), args[0]) },
	}
	o.addOutput(c)
	return c
}

// newestEvents is how many a status shows.
const newestEvents = 10

func (o *options) status(ctx context.Context, argument string) error {
	from, namespace, err := o.open()
	if err != nil {
		return err
	}
	r, err := named(ctx, from, namespace, argument)
	if err != nil {
		return err
	}
	s, err := o.look(ctx, from, r)
	if err != nil {
		return err
	}
	return o.print(s, func(w io.Writer, style view.Style) { s.Print(w, style) })
}

// look gathers what a status shows. What cannot be read beside the resource
// and its pods costs a warning.
func (o *options) look(ctx context.Context, from *cluster.Cluster, r resource) (view.Status, error) {
	key := r.key()
	pods, err := from.Pods(ctx, key.Namespace, key)
	if err != nil {
		return view.Status{}, err
	}
	from.Ask(ctx, pods)
	o.warn(cluster.AnswersOf(pods).Numbers())
	sessions, total := o.sessionsOf(ctx, from, r, pods, view.Listed)
	events, err := from.Events(ctx, key, newestEvents)
	if err != nil {
		o.warn("events could not be read: " + err.Error())
	}
	if ctx.Err() != nil {
		return view.Status{}, ctx.Err()
	}
	s := view.Status{Conditions: r.conditions(), Pods: podLines(pods, &topology.Meter{}), Sessions: sessions, TotalSessions: total, Events: events}
	seen := topology.Seen{Time: time.Now(), Snapshots: cluster.Snapshots(pods)}
	if r.server != nil {
		seen.Servers = []v1alpha1.TcpServer{*r.server}
		s.Server = &topology.Draw(seen, &topology.Meter{}).Servers[0]
	} else {
		seen.Clients = []v1alpha1.TcpClient{*r.client}
		s.Client = &topology.Draw(seen, &topology.Meter{}).Clients[0]
	}
	return s, nil
}

// podLines are in the order of pods.
func podLines(pods []cluster.Pod, meter *topology.Meter) []view.PodLine {
	lines := make([]view.PodLine, 0, len(pods))
	for i := range pods {
		p := &pods[i]
		line := view.PodLine{Of: p.Of, Name: p.Name, Node: p.Spec.NodeName, Ready: p.Ready(), Snapshot: p.Snapshot}
		for _, container := range p.Status.ContainerStatuses {
			line.Restarts += container.RestartCount
		}
		if p.Err != nil {
			line.Problem = p.Err.Error()
		}
		if line.Snapshot != nil {
			line.Rate = meter.Read(*line.Snapshot)
		}
		lines = append(lines, line)
	}
	meter.EndRound()
	return lines
}
