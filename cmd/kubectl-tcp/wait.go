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
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tcp-operator.io/cmd/kubectl-tcp/await"
	"tcp-operator.io/cmd/kubectl-tcp/cluster"
	"tcp-operator.io/cmd/kubectl-tcp/view"
	"tcp-operator.io/topology"
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
is broken; 2 wrong usage, there is no such resource or no longer, or it may not
be read; 3 it has not come in time, or waiting was interrupted.

That the API server does not answer for a while is waited for, too.`,
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

// run waits, and writes the reports however it went, unless the command line
// makes no sense.
func (w *waiting) run(ctx context.Context, argument string) error {
	judge, err := w.judge()
	if err != nil {
		return err
	}
	from, namespace, noCluster := w.open()
	key, err := parse(namespace, argument)
	if err != nil {
		return err
	}
	report := w.await(ctx, judge, key, func(ctx context.Context, key topology.Key) (resource, error) {
		if noCluster != nil {
			return resource{}, unusable{noCluster}
		}
		return find(ctx, from, key)
	})
	return errors.Join(verdictOf(report), w.write(report))
}

func (w *waiting) judge() (*await.Judge, error) {
	goal, err := await.ParseGoal(w.goal)
	if err != nil {
		return nil, err
	}
	if w.during < 0 || w.timeout <= w.during {
		return nil, fmt.Errorf("--timeout %s leaves no time for --during %s: raise --timeout", w.timeout, w.during)
	}
	for _, report := range w.reports {
		format, file, ok := strings.Cut(report, "=")
		if !ok || file == "" || writers[format] == nil {
			return nil, fmt.Errorf("--report %q is not known: write junit=FILE or json=FILE", report)
		}
	}
	return &await.Judge{Goal: goal, During: w.during}, nil
}

// verdictOf turns the outcome into an exit code.
func verdictOf(r await.Report) error {
	name := strings.TrimSpace(r.Resource.Kind + " " + r.Resource.Namespace + "/" + r.Resource.Name)
	switch r.Outcome {
	case await.Met:
		return nil
	case await.Broken:
		return exit{exitBroken, fmt.Errorf("%s: %s", name, r.Message)}
	case await.Failed:
		if r.Resource.Kind == "" {
			return exit{exitFailure, errors.New(r.Message)} // which names what is not there
		}
		return exit{exitFailure, fmt.Errorf("%s: %s", name, r.Message)}
	case await.Interrupted:
		return exit{exitTimeout, fmt.Errorf("%s: interrupted after %s: %s", name, r.Took.Round(time.Second), r.Message)}
	}
	return exit{exitTimeout, fmt.Errorf("%s: not %s within %s: %s", name, r.Goal, r.Took.Round(time.Second), r.Message)}
}

// pollInterval is how often the resource is read. A watch would not tell when
// --during has passed.
const pollInterval = time.Second

// A reader reads the resource that a key names.
type reader func(context.Context, topology.Key) (resource, error)

// await reads the resource until its outcome is clear.
func (w *waiting) await(ctx context.Context, judge *await.Judge, key topology.Key, read reader) await.Report {
	start := time.Now()
	bounded, cancel := context.WithTimeout(ctx, w.timeout)
	defer cancel()
	ticker := time.NewTicker(pollInterval)
	defer ticker.Stop()
	report := await.Report{Resource: key, Goal: judge.Goal, Outcome: await.Pending, Message: "the cluster has not answered", Start: start}
	for seen := false; ; {
		r, err := w.read(bounded, report.Resource, read)
		last := report.Message
		switch {
		case bounded.Err() != nil: // what was said before is why it has not come
		case err != nil:
			report.Outcome, report.Message = outcomeOf(err, seen)
		default:
			seen = true
			report.Resource = r.key() // from here on it is this kind that is read
			report.Outcome, report.Message = judge.Look(r.seen(time.Now()))
		}
		report.Took = time.Since(start)
		if report.Message != last && report.Outcome != await.Failed {
			fmt.Fprintf(w.ErrOut, "[%4.0fs] %s\n", report.Took.Seconds(), view.Visible(report.Message))
		}
		if report.Outcome == await.Pending {
			select {
			case <-ticker.C:
				continue
			case <-bounded.Done():
				report.Outcome = await.TimedOut
				if ctx.Err() != nil {
					report.Outcome = await.Interrupted
				}
			}
		}
		report.Took = time.Since(start)
		return report
	}
}

// read bounds one reading: one that hangs is to leave time for the next.
func (w *waiting) read(ctx context.Context, key topology.Key, read reader) (resource, error) {
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	r, err := read(ctx, key)
	if errors.Is(err, context.DeadlineExceeded) {
		err = fmt.Errorf("no answer within %s", readTimeout)
	}
	return r, err
}

// unusable is the error that there is no cluster to read from.
type unusable struct{ error }

// outcomeOf judges an error of reading. What is not there is an error, before it
// was seen and after: a pipeline applies before it waits, and what was deleted
// is not on its way. Neither does waiting mend a kubeconfig or rights. Everything
// else may pass, and so may anything once the resource has been read.
func outcomeOf(err error, seen bool) (await.Outcome, string) {
	_, isMissing := errors.AsType[missing](err)
	_, isUnusable := errors.AsType[unusable](err)
	switch {
	case isMissing && seen:
		return await.Failed, "it was deleted while it was waited for"
	case isMissing || isUnusable:
		return await.Failed, err.Error()
	case !seen && (apierrors.IsForbidden(err) || apierrors.IsUnauthorized(err) || errors.Is(err, cluster.ErrUnknownKinds)):
		return await.Failed, err.Error()
	}
	return await.Pending, "it cannot be read: " + err.Error()
}

func (r resource) seen(now time.Time) await.Seen {
	var o metav1.Object
	var observed int64
	if r.server != nil {
		o, observed = r.server, r.server.Status.ObservedGeneration
	} else {
		o, observed = r.client, r.client.Status.ObservedGeneration
	}
	return await.Seen{Time: now, UID: o.GetUID(), Deleted: o.GetDeletionTimestamp() != nil,
		Generation: o.GetGeneration(), ObservedGeneration: observed, Conditions: r.conditions()}
}

// write writes every report that was asked for, also after one that cannot be
// written.
func (w *waiting) write(report await.Report) error {
	var errs []error
	for _, to := range w.reports {
		format, file, _ := strings.Cut(to, "=")
		var err error
		if file == "-" {
			err = writers[format](report, w.Out)
		} else {
			err = writeFile(file, func(f io.Writer) error { return writers[format](report, f) })
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("writing the report: %w", err))
		}
	}
	return errors.Join(errs...)
}

func writeFile(name string, write func(io.Writer) error) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	return errors.Join(write(f), f.Close())
}
