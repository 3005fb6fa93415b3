package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"tcp-operator.io/cmd/kubectl-tcp/cluster"
	"tcp-operator.io/cmd/kubectl-tcp/view"
	"tcp-operator.io/topology"
)

// top is what `kubectl tcp top` was asked for.
type top struct {
	*options
	interval time.Duration
	once     bool
}

func newTop(o *options) *cobra.Command {
	t := &top{options: o}
	c := &cobra.Command{
		Use:   "top [NAME]",
		Short: "Show what passes through each pod now",
		Long: `Show one line for each pod of a resource, or of all in the namespace: sessions,
messages per second both ways, round trips of messages, sessions lost.

On a terminal it goes on until it is interrupted. Otherwise, or with --once, it
reads twice, prints one table and ends.`,
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: o.complete,
		RunE:              func(c *cobra.Command, args []string) error { return t.run(c.Context(), args) },
	}
	o.addOutput(c)
	o.addAllNamespaces(c)
	c.Flags().DurationVar(&t.interval, "interval", 2*time.Second, "time between two readings")
	c.Flags().BoolVar(&t.once, "once", false, "print one table and end")
	return c
}

// leastInterval keeps the view from being a load.
const leastInterval = 500 * time.Millisecond

func (t *top) run(ctx context.Context, args []string) error {
	if t.interval < leastInterval {
		return fmt.Errorf("--interval %s is too short: write at least %s", t.interval, leastInterval)
	}
	from, namespace, err := t.open()
	if err != nil {
		return err
	}
	var only *topology.Key
	if len(args) == 1 {
		if t.allNamespaces {
			return errors.New("a NAME is of one namespace: leave out --all-namespaces")
		}
		r, err := find(ctx, from, namespace, args[0])
		if err != nil {
			return err
		}
		key := r.key()
		only = &key
	}
	return t.watch(ctx, func(ctx context.Context) ([]cluster.Pod, error) { return from.Pods(ctx, namespace, only) })
}

// watch reads again and again, and prints from the second reading on: a rate
// needs two.
func (t *top) watch(ctx context.Context, read func(context.Context) ([]cluster.Pod, error)) error {
	live := isTerminal(t.Out) && !t.once && t.output != "json" && t.output != "yaml"
	meter := &topology.Meter{}
	ticker := time.NewTicker(t.interval)
	defer ticker.Stop()
	for reading := 0; ; reading++ {
		pods, err := read(ctx)
		if err != nil {
			return err
		}
		lines := podLines(pods, meter)
		if reading == 0 && !live {
			t.warn(cluster.Unread(pods))
		}
		if live {
			t.redraw(lines)
		} else if reading == 1 || len(lines) == 0 {
			return t.print(lines, func(w io.Writer, style view.Style) { view.Top(w, lines, style) })
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
		}
	}
}

// redraw prints over the last table, in one write so that it does not flicker:
// home, the table, and what is left of the old screen cleared.
func (t *top) redraw(lines []view.PodLine) {
	var screen bytes.Buffer
	style := t.style()
	fmt.Fprintf(&screen, "\x1b[H\x1b[2J%s, every %s; Ctrl-C ends\n\n", style.Now.Format(time.TimeOnly), t.interval)
	view.Top(&screen, lines, style)
	_, _ = t.Out.Write(screen.Bytes())
}
