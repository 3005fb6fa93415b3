package plane

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/prometheus/procfs"
	"golang.org/x/sys/unix"
)

// A Trace holds how long API server and etcd had computed at many moments,
// for whoever knows only later between which it matters.
type Trace []sample

type sample struct {
	at  time.Time
	cpu time.Duration // so far
}

// traceTick is how far samples are apart.
const traceTick = 5 * time.Millisecond

// Trace samples while use runs.
func (p *Plane) Trace(use func() error) (Trace, error) {
	var t Trace
	if err := t.take(p); err != nil {
		return nil, err
	}
	quit, done := make(chan struct{}), make(chan error, 1)
	go func() { done <- t.follow(p, quit) }()
	err := use()
	close(quit)
	err = errors.Join(err, <-done)
	return t, err
}

// follow samples until quit is closed, and once more.
func (t *Trace) follow(p *Plane, quit <-chan struct{}) error {
	tick := time.NewTicker(traceTick)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-quit:
			return t.take(p)
		}
		if err := t.take(p); err != nil {
			return err
		}
	}
}

func (t *Trace) take(p *Plane) error {
	cpu, err := p.cpu()
	*t = append(*t, sample{time.Now(), cpu})
	return err
}

// Between is how long API server and etcd computed from one moment to another.
// What lies outside of the trace counts nothing.
func (t Trace) Between(from, to time.Time) time.Duration { return t.until(to) - t.until(from) }

// until is how long they had computed at a moment, which is reckoned from the
// samples before and after it.
func (t Trace) until(moment time.Time) time.Duration {
	i, found := slices.BinarySearchFunc(t, moment, func(s sample, m time.Time) int { return s.at.Compare(m) })
	switch {
	case len(t) == 0:
		return 0
	case found || i == 0:
		return t[i].cpu
	case i == len(t):
		return t[i-1].cpu
	}
	before, after := t[i-1], t[i]
	share := float64(moment.Sub(before.at)) / float64(after.at.Sub(before.at))
	return before.cpu + time.Duration(share*float64(after.cpu-before.cpu))
}

// API server and etcd are at rest once they compute no more than this share of
// a processor, which is what they do unasked.
const (
	restWindow   = 500 * time.Millisecond
	restShare    = 0.2
	restPatience = 20 * time.Second
)

// AwaitRest waits until API server and etcd have done what was asked of them
// before, so that it is not taken for what comes next. It waits for a bounded
// time, and fails only when ctx ends.
func (p *Plane) AwaitRest(ctx context.Context) error {
	before, err := p.cpu()
	if err != nil {
		return err
	}
	tick := time.NewTicker(restWindow)
	defer tick.Stop()
	for end := time.Now().Add(restPatience); time.Now().Before(end); {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
		now, err := p.cpu()
		if err != nil || float64(now-before) < restShare*float64(restWindow) {
			return err
		}
		before = now
	}
	return nil
}

// cpu is how long API server and etcd have computed so far, to the nanosecond.
func (p *Plane) cpu() (time.Duration, error) {
	var total time.Duration
	for name, pid := range p.processes {
		const perProcessScheduled = 2 // clock_getcpuclockid(3)
		var spent unix.Timespec
		if err := unix.ClockGettime(int32(^pid<<3|perProcessScheduled), &spent); err != nil {
			return 0, fmt.Errorf("reading the CPU time of %s: %w", name, err)
		}
		total += time.Duration(spent.Nano())
	}
	return total, nil
}

// processes finds the API server and the etcd that this process has started.
func processes() (map[string]int, error) {
	all, err := procfs.AllProcs()
	if err != nil {
		return nil, fmt.Errorf("finding API server and etcd: %w", err)
	}
	found := map[string]int{}
	for _, process := range all {
		stat, err := process.Stat()
		if err != nil || stat.PPID != os.Getpid() {
			continue // somebody else's, or gone meanwhile
		}
		if stat.Comm == "kube-apiserver" || stat.Comm == "etcd" {
			found[stat.Comm] = process.PID
		}
	}
	if len(found) != 2 {
		return nil, fmt.Errorf("finding API server and etcd: found %v, want both", found)
	}
	return found, nil
}
