package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"tcp-operator.io/cmd/kubectl-tcp/await"
	"tcp-operator.io/cmd/kubectl-tcp/cluster"
)

// waiting is what `kubectl tcp wait` was asked for.
type waiting struct {
	*options
	goal    string
	timeout time.Duration
	during  time.Duration
	reports []string
}

func newWait(o *options) *cobra.Command {
	w := &waiting{options: o}
	c := &cobra.Command{
		Use:   "wait NAME",
		Short: "Wait until a resource is ready, or its expectations have held",
		Long: `Wait for a TcpServer or TcpClient, and tell a pipeline how it went.

--for ready     until the condition Ready is True; with --during, without a break.
--for verdict   until the resource is ready and, with --during, its expectations
                have held for that long. Outages that they forgive do not count.

Exit codes: 0 it came; 1 it cannot come unless somebody acts, or an expectation
is broken; 2 wrong usage, or the cluster could not be read; 3 it has not come.`,
		Example: `  kubectl tcp wait caller
  kubectl tcp wait caller --for verdict --during 5m --timeout 10m --report junit=tcp.xml`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: o.complete,
		RunE:              func(c *cobra.Command, args []string) error { return w.run(c.Context(), args[0]) },
	}
	c.Flags().StringVar(&w.goal, "for", string(await.Ready), "what to wait for: "+strings.Join(await.Goals(), ", "))
	c.Flags().DurationVar(&w.during, "during", 0, "how long it has to hold")
	c.Flags().DurationVar(&w.timeout, "timeout", 5*time.Minute, "when to give up")
	c.Flags().StringArrayVar(&w.reports, "report", nil, "write a report: junit=FILE or json=FILE; may be repeated, - is the standard output")
	_ = c.RegisterFlagCompletionFunc("for", cobra.FixedCompletions(await.Goals(), cobra.ShellCompDirectiveNoFileComp))
	return c
}

// writers of reports by their format.
var writers = map[string]func(await.Report, io.Writer) error{
	"junit": await.Report.JUnit,
	"json":  await.Report.JSON,
}

func (w *waiting) run(ctx context.Context, argument string) error {
	goal, err := await.ParseGoal(w.goal)
	if err != nil {
		return err
	}
	if w.during < 0 || w.timeout <= w.during {
		return fmt.Errorf("--timeout %s leaves no time for --during %s: raise --timeout", w.timeout, w.during)
	}
	for _, report := range w.reports {
		format, file, ok := strings.Cut(report, "=")
		if !ok || file == "" || writers[format] == nil {
			return fmt.Errorf("--report %q is not known: write junit=FILE or json=FILE", report)
		}
	}
	from, namespace, err := w.open()
	if err != nil {
		return err
	}
	report, err := w.await(ctx, from, namespace, argument, &await.Judge{Goal: goal, During: w.during})
	if err != nil {
		return err
	}
	if err := w.write(report); err != nil {
		return err
	}
	return verdictOf(report)
}

// verdictOf turns the outcome into an exit code.
func verdictOf(r await.Report) error {
	name := r.Resource.Kind + " " + r.Resource.Namespace + "/" + r.Resource.Name
	switch r.Outcome {
	case await.Met:
		return nil
	case await.Broken:
		return exit{exitBroken, fmt.Errorf("%s: %s", name, r.Message)}
	}
	return exit{exitTimeout, fmt.Errorf("%s: not %s within %s: %s", name, r.Goal, r.Took.Round(time.Second), r.Message)}
}

// pollInterval is how often the resource is read. A watch would not tell when
// --during has passed.
const pollInterval = time.Second

// await reads the resource until its outcome is clear. That it is not there is
// an error: a pipeline applies before it waits.
func (w *waiting) await(ctx context.Context, from *cluster.Cluster, namespace, argument string, judge *await.Judge) (await.Report, error) {
	start := time.Now()
	r, err := find(ctx, from, namespace, argument)
	if err != nil {
		return await.Report{}, err
	}
	report := await.Report{Resource: r.key(), Goal: judge.Goal, Start: start}
	ticker := time.NewTicker(pollInterval)
	defer ticker.Stop()
	for {
		last := report.Message
		report.Outcome, report.Message = judge.Look(r.seen(time.Now()))
		if report.Message != last {
			fmt.Fprintf(w.ErrOut, "[%4.0fs] %s\n", time.Since(start).Seconds(), report.Message)
		}
		report.Took = time.Since(start)
		if report.Outcome == await.Pending && report.Took >= w.timeout {
			report.Outcome = await.TimedOut
		}
		if report.Outcome != await.Pending {
			return report, nil
		}
		select {
		case <-ctx.Done():
			return report, exit{exitTimeout, errors.New("interrupted")}
		case <-ticker.C:
		}
		if r, err = find(ctx, from, namespace, argument); err != nil {
			return report, err
		}
	}
}

func (r resource) seen(now time.Time) await.Seen {
	if s := r.server; s != nil {
		return await.Seen{Time: now, Generation: s.Generation, ObservedGeneration: s.Status.ObservedGeneration, Conditions: s.Status.Conditions}
	}
	c := r.client
	return await.Seen{Time: now, Generation: c.Generation, ObservedGeneration: c.Status.ObservedGeneration, Conditions: c.Status.Conditions}
}

// write writes every report that was asked for.
func (w *waiting) write(report await.Report) error {
	for _, to := range w.reports {
		format, file, _ := strings.Cut(to, "=")
		if file == "-" {
			if err := writers[format](report, w.Out); err != nil {
				return err
			}
			continue
		}
		if err := writeFile(file, func(f io.Writer) error { return writers[format](report, f) }); err != nil {
			return fmt.Errorf("writing the report: %w", err)
		}
	}
	return nil
}

func writeFile(name string, write func(io.Writer) error) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	return errors.Join(write(f), f.Close())
}
