// Workload measures the workload's server and client against peers that speak
// the same protocol, and prints a table for each measure. See
// docs/performance.md.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"tcp-operator.io/bench/workload/peer"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "bench/workload:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) > 1 && args[0] == "peer" {
		return peer.Serve(args[1], args[2:])
	}
	o, err := parse(args)
	if err != nil {
		return err
	}
	b, release, err := o.bench()
	if err != nil {
		return err
	}
	defer release()
	return b.all(ctx, o.only)
}

// all runs the measures whose names are in only; an empty one is all.
func (b *bench) all(ctx context.Context, only []string) error {
	begin := time.Now()
	fmt.Printf("%d rounds, up to %d sessions. Cells: median (minimum-maximum) of the rounds; without a unit, ratios of workload to peer.\n",
		b.rounds, b.sessions)
	missed, disturbed := 0, 0
	for _, m := range b.measures() {
		if len(only) > 0 && !slices.Contains(only, m.name) {
			continue
		}
		table, err := b.run(ctx, m)
		if err != nil {
			return err
		}
		unmet, err := table.Print(os.Stdout)
		if err != nil {
			return err
		}
		missed += unmet
		if table.Disturbed() != "" {
			disturbed++
		}
	}
	fmt.Printf("\n%d figures not met. It took %s.\n", missed, time.Since(begin).Round(time.Second))
	if disturbed > 0 {
		fmt.Printf("The machine had other work during %d of the tables, which say so: measure again when it has none.\n", disturbed)
	}
	return nil
}

// fewRounds is enough for what only shows a trend.
const fewRounds = 3

func (b *bench) measures() []*measure {
	all := []*measure{size(), idleMemory(), pingPong(), accept(), stall()}
	for _, n := range b.few {
		all = append(all, delayError(n, fewRounds, false))
	}
	return append(all, delayError(b.sessions, 0, true))
}

// names lists the measures' names once each.
func names() []string {
	var all []string
	for _, m := range (&bench{}).measures() {
		all = append(all, m.name)
	}
	return all
}

// options are what the command line says.
type options struct {
	workload string
	only     []string
	rounds   int
	sizes
}

// mostSessions is the number of sessions that figures are compared at, where
// descriptors allow it.
const mostSessions = 19500

// The two sets of defaults.
var (
	full = options{rounds: 5, sizes: sizes{
		sessions: mostSessions, few: []int{1000, 10000}, delay: 5 * time.Second, pingPong: time.Second,
	}}
	quick = options{rounds: 2, sizes: sizes{
		sessions: 4000, few: []int{1000}, delay: time.Second, pingPong: 300 * time.Millisecond,
	}}
)

func parse(args []string) (*options, error) {
	o := full
	if slices.Contains(args, "-quick") || slices.Contains(args, "--quick") {
		o = quick
	}
	flags := flag.NewFlagSet("bench/workload", flag.ContinueOnError)
	flags.Bool("quick", false, "fewer rounds, sessions and seconds, about two minutes in all: for trying, not for figures")
	flags.StringVar(&o.workload, "workload", "../bin/workload", "`path` of the workload's program")
	flags.IntVar(&o.rounds, "rounds", o.rounds, "how often each measure is taken of each contender")
	flags.IntVar(&o.sessions, "sessions", o.sessions, "as many sessions at once, or as descriptors allow")
	flags.DurationVar(&o.delay, "delay", o.delay, "of the replies whose error is measured")
	only := flags.String("only", "", "measures to take, separated by commas: "+strings.Join(names(), ", ")+"; empty: all")
	if err := flags.Parse(args); err != nil {
		return nil, err
	}
	if *only == "" {
		return &o, nil
	}
	o.only = strings.Split(*only, ",")
	for _, name := range o.only {
		if !slices.Contains(names(), name) {
			return nil, fmt.Errorf("-only: %q is not known: write any of %s", name, strings.Join(names(), ", "))
		}
	}
	return &o, nil
}

// bench prepares what the measures need. release removes it again.
func (o *options) bench() (b *bench, release func(), err error) {
	if o.workload, err = filepath.Abs(o.workload); err != nil {
		return nil, nil, err
	}
	if _, err := os.Stat(o.workload); err != nil {
		return nil, nil, fmt.Errorf("%w: run make build, or say -workload", err)
	}
	if o.sessions, err = allowed(o.sessions); err != nil {
		return nil, nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, nil, err
	}
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		return nil, nil, err
	}
	source := filepath.Join(dir, "twisted_server.py")
	if err := os.WriteFile(source, peer.Twisted, 0o600); err != nil {
		return nil, nil, err
	}
	f := fleet{workload: o.workload, self: self, twisted: source}
	return &bench{fleet: f, sizes: o.sizes, rounds: o.rounds}, func() { _ = os.RemoveAll(dir) }, nil
}

// allowed returns how many sessions one process may hold, most at most. One
// descriptor in forty stays free for what else it needs.
func allowed(most int) (int, error) {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return 0, err
	}
	limit.Cur = limit.Max // for this process; Go programs raise their own
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return 0, err
	}
	return int(min(limit.Max-limit.Max/40, uint64(most))), nil
}
