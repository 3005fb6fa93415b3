package machine

import (
	"math"
	"os/exec"
	"testing"
	"time"

	"github.com/prometheus/procfs"
)

func TestOthers(t *testing.T) {
	second := time.Second
	for _, tt := range []struct {
		name          string
		before, after reading
		want          float64
	}{
		{"nobody else", reading{}, reading{all: procfs.CPUStat{User: 1, System: 1, Idle: 2}, own: 2 * second}, 0},
		{"another program", reading{}, reading{all: procfs.CPUStat{User: 2, Nice: 1, Idle: 1}, own: 1 * second}, 0.5},
		{"another virtual machine", reading{}, reading{all: procfs.CPUStat{User: 1, Idle: 2, Steal: 1}, own: 1 * second}, 0.25},
		{"waiting for a disk is idle", reading{}, reading{all: procfs.CPUStat{User: 1, Idle: 1, Iowait: 2}, own: 1 * second}, 0},
		{"only what was added", reading{all: procfs.CPUStat{User: 100, Idle: 100}, own: 50 * second},
			reading{all: procfs.CPUStat{User: 103, Idle: 101}, own: 51 * second}, 0.5},
		{"interrupts that processes are charged with", reading{}, reading{all: procfs.CPUStat{User: 1, SoftIRQ: 1, Idle: 2}, own: 2 * second}, 0},
		{"the same put off", reading{}, reading{all: procfs.CPUStat{User: 2, SoftIRQ: 1, Idle: 1}, own: 2 * second, deferred: 1 * second}, 0},
		{"interrupts that are accounted apart", reading{}, reading{all: procfs.CPUStat{User: 2, IRQ: 0.5, SoftIRQ: 0.5, Idle: 1}, own: 1 * second, deferred: 5 * second}, 0.25},
		{"ticks are coarse", reading{}, reading{all: procfs.CPUStat{User: 0.99, Idle: 1}, own: 1 * second}, 0},
		{"no time has passed", reading{}, reading{}, 0},
	} {
		if got := others(tt.before, tt.after); math.Abs(got-tt.want) > 1e-9 {
			t.Errorf("%s: got %v, want %v", tt.name, got, tt.want)
		}
	}
}

// What a child computes is our own while it runs; what one has computed that
// has ended is getrusage's to tell.
func TestChildrenThatRunAreOurOwn(t *testing.T) {
	files, err := procfs.NewDefaultFS()
	if err != nil {
		t.Fatal(err)
	}
	child := exec.CommandContext(t.Context(), "/bin/sh", "-c", "while :; do :; done")
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = child.Wait() }() // killed
	defer func() { _ = child.Process.Kill() }()
	deadline := time.After(time.Minute)
	for tick := time.Tick(10 * time.Millisecond); ; {
		var r reading
		if err := r.addProcesses(files); err != nil {
			t.Fatal(err)
		}
		if r.own >= 100*time.Millisecond {
			return
		}
		select {
		case <-tick:
		case <-deadline:
			t.Fatalf("a child has computed for a minute, and %s of it was seen", r.own)
		}
	}
}

// A watch over nothing but what this process does finds a share, and no more.
func TestAShareIsAShare(t *testing.T) {
	w, err := Begin()
	if err != nil {
		t.Fatal(err)
	}
	for begin := time.Now(); time.Since(begin) < 50*time.Millisecond; {
	}
	if share, err := w.Others(); err != nil || share < 0 || share > 1 {
		t.Errorf("got %v, %v", share, err)
	}
}
