// Command controlplane measures what the operator costs a cluster: the time to
// bring pairs of TcpServer and TcpClient to their children, against a bare
// client that creates the same objects; its requests, its memory, and what a
// restart takes. It prints one table for each.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/go-logr/logr"
	ctrl "sigs.k8s.io/controller-runtime"

	"tcp-operator.io/bench/report"
)

func main() {
	f, err := parseFlags(os.Args[1:])
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "controlplane:", err)
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, f); err != nil {
		fmt.Fprintln(os.Stderr, "controlplane:", err)
		os.Exit(1)
	}
}

type flags struct {
	root   string
	pairs  []int
	rounds int
	rest   time.Duration
}

func parseFlags(args []string) (flags, error) {
	var f flags
	var pairs string
	set := flag.NewFlagSet("controlplane", flag.ContinueOnError)
	set.StringVar(&f.root, "root", "..", "top `folder` of the source tree")
	set.StringVar(&pairs, "pairs", "100,1000", "how many `pairs` of TcpServer and TcpClient, separated by commas")
	set.IntVar(&f.rounds, "rounds", 3, "`rounds` of operator and bare clients by turns, after one contest that is not measured")
	set.DurationVar(&f.rest, "rest", 2*time.Minute, "how long resources at rest are watched: whole minutes; 0 skips all but the children")
	if err := set.Parse(args); err != nil {
		return f, err
	}
	for _, text := range strings.Split(pairs, ",") {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			return f, fmt.Errorf("-pairs: %q is not a number of pairs: write one or more, separated by commas", text)
		}
		f.pairs = append(f.pairs, n)
	}
	return f, nil
}

// run takes all measures and prints them. What the processes wrote stays only
// when something failed.
func run(ctx context.Context, f flags) error {
	ctrl.SetLogger(logr.Discard())
	folder, err := os.MkdirTemp("", "controlplane-")
	if err != nil {
		return err
	}
	b, err := newBench(ctx, f.root, folder)
	if err != nil {
		return fmt.Errorf("%w; logs, if any, are in %s", err, folder)
	}
	err = b.printAll(ctx, f)
	if err = errors.Join(err, b.plane.Stop()); err != nil {
		return fmt.Errorf("%w; logs are in %s", err, folder)
	}
	return os.RemoveAll(folder)
}

func (b *bench) printAll(ctx context.Context, f flags) error {
	for _, n := range f.pairs {
		tables, err := b.measure(ctx, f, n)
		if err != nil {
			return err
		}
		for _, t := range tables {
			if _, err := t.Print(os.Stdout); err != nil {
				return err
			}
		}
	}
	return nil
}

// measure takes all measures with n pairs.
func (b *bench) measure(ctx context.Context, f flags, n int) ([]*report.Table, error) {
	var rounds []childrenRound
	if err := b.warmUp(ctx, n); err != nil {
		return nil, err
	}
	for round := range f.rounds {
		r, err := b.childrenRound(ctx, n, round)
		if err != nil {
			return nil, err
		}
		rounds = append(rounds, r)
	}
	tables := []*report.Table{childrenTable(n, rounds)}
	if f.rest == 0 {
		return tables, nil
	}
	l, err := b.lifecycle(ctx, n, steadyWindow(f.rest))
	if err != nil {
		return nil, err
	}
	return append(tables,
		convergenceTable(n, l.convergence),
		memoryTable(l),
		restartTable(n, l.restart),
		steadyTable(n, l.steady)), nil
}
