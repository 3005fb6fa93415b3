package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/moby/term"
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
messages per second both ways, round trips of messages, and how often a client
has established a session again.

On a terminal it goes on until it is interrupted. Otherwise, or with --once, it
reads twice, prints one table and ends.`,
		Example: `  kubectl tcp top
  kubectl tcp top caller --interval 5s
  kubectl tcp top -A --once -o json`,
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

const (
	// leastInterval keeps the view from being a load.
	leastInterval = 500 * time.Millisecond
	// readTimeout bounds one reading, so that a view says that it is stuck.
	readTimeout = 10 * time.Second
)

func (t *top) run(ctx context.Context, args []string) error {
	if t.interval < leastInterval {
		return fmt.Errorf("--interval %s is too short: write at least %s", t.interval, leastInterval)
	}
	from, namespace, err := t.open()
	if err != nil {
		return err
	}
	var only []topology.Key
	if len(args) == 1 {
		if t.allNamespaces {
			return errors.New("a NAME is of one namespace: leave out --all-namespaces")
		}
		r, err := named(ctx, from, namespace, args[0])
		if err != nil {
			return err
		}
		only = append(only, r.key())
	}
	read := func(ctx context.Context) ([]cluster.Pod, error) {
		ctx, cancel := context.WithTimeoutCause(ctx, readTimeout, fmt.Errorf("the cluster does not answer within %s", readTimeout))
		defer cancel()
		pods, err := from.Pods(ctx, namespace, only...)
		if err == nil {
			from.Ask(ctx, pods)
		}
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		return pods, err
	}
	if isTerminal(t.Out) && !t.once && t.output != "json" && t.output != "yaml" {
		return t.live(ctx, read)
	}
	return t.table(ctx, read)
}

// table reads twice, because a rate needs two readings, and prints.
func (t *top) table(ctx context.Context, read func(context.Context) ([]cluster.Pod, error)) error {
	meter := &topology.Meter{}
	pods, err := read(ctx)
	if err != nil {
		return err
	}
	lines := podLines(pods, meter)
	if len(pods) > 0 {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(t.interval):
		}
		if pods, err = read(ctx); err != nil {
			return err
		}
		lines = podLines(pods, meter)
	}
	t.warn(cluster.AnswersOf(pods).Missing())
	return t.print(lines, func(w io.Writer, style view.Style) { view.Top(w, lines, style) })
}

// live goes on until its user has seen enough, which is no error. A reading that
// fails leaves the last table, and says so beneath; only the first has to
// succeed.
func (t *top) live(ctx context.Context, read func(context.Context) ([]cluster.Pod, error)) error {
	meter := &topology.Meter{}
	ticker := time.NewTicker(t.interval)
	defer ticker.Stop()
	var screen screen
	for first := true; ; first = false {
		pods, err := read(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil && first:
			return err
		case err != nil:
			screen.problem = "not read since: " + err.Error()
		default:
			now := t.style()
			screen = t.screen(podLines(pods, meter), cluster.AnswersOf(pods), now)
		}
		if first {
			fmt.Fprint(t.Out, view.Clear)
		}
		width, height := size(t.Out)
		fmt.Fprint(t.Out, screen.text(width, height))
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

// screen is what live shows.
type screen struct {
	head, table, problem string
}

func (t *top) screen(lines []view.PodLine, answers cluster.Answers, style view.Style) screen {
	var table strings.Builder
	view.Top(&table, lines, style)
	return screen{
		head:    fmt.Sprintf("%s, every %s; Ctrl-C ends", style.Now.Format(time.TimeOnly), t.interval),
		table:   table.String(),
		problem: answers.Missing(),
	}
}

// text is one write, which a terminal shows without flicker.
func (s screen) text(width, height int) string {
	var foot []string
	if s.problem != "" {
		foot = []string{"", "warning: " + view.Visible(s.problem)}
	}
	return view.Screen([]string{s.head, ""}, s.table, foot, width, height)
}

// size of a terminal; 0, 0 of anything else.
func size(w io.Writer) (width, height int) {
	fd, _ := term.GetFdInfo(w)
	s, err := term.GetWinsize(fd)
	if err != nil {
		return 0, 0
	}
	return int(s.Width), int(s.Height)
}
