package plane

import (
	"errors"
	"os"
	"testing"
	"time"
)

func TestATraceIsAskedForAnyStretch(t *testing.T) {
	at := func(ms int) time.Time { return time.UnixMilli(int64(ms)) }
	trace := Trace{{at(0), 100 * time.Millisecond}, {at(10), 100 * time.Millisecond}, {at(20), 120 * time.Millisecond}, {at(40), 130 * time.Millisecond}}
	for _, tt := range []struct {
		name     string
		from, to int
		want     time.Duration
	}{
		{"all", 0, 40, 30 * time.Millisecond},
		{"from sample to sample", 10, 20, 20 * time.Millisecond},
		{"at rest", 2, 8, 0},
		{"between samples", 15, 30, 15 * time.Millisecond},
		{"beyond both ends", -100, 100, 30 * time.Millisecond},
	} {
		if got := trace.Between(at(tt.from), at(tt.to)); got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.name, got, tt.want)
		}
	}
	if got := (Trace{}).Between(at(0), at(1)); got != 0 {
		t.Errorf("nothing was sampled, and took %s", got)
	}
}

// What is computed before and after the stretch is not counted.
func TestTraceFollowsAProcess(t *testing.T) {
	p := &Plane{processes: map[string]int{"this": os.Getpid()}}
	var from, to time.Time
	trace, err := p.Trace(func() error {
		compute(100 * time.Millisecond)
		from = time.Now()
		compute(100 * time.Millisecond)
		to = time.Now()
		compute(100 * time.Millisecond)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	within, all := trace.Between(from, to), trace.Between(from.Add(-time.Hour), to.Add(time.Hour))
	if within <= 0 || within >= all {
		t.Errorf("%s within the stretch, %s in all", within, all)
	}
}

func TestTraceTellsWhatFailed(t *testing.T) {
	wrong := errors.New("wrong")
	p := &Plane{processes: map[string]int{"this": os.Getpid()}}
	if _, err := p.Trace(func() error { return wrong }); !errors.Is(err, wrong) {
		t.Errorf("got %v, want what was wrong", err)
	}
}

// compute keeps a processor busy.
func compute(d time.Duration) {
	for end := time.Now().Add(d); time.Now().Before(end); {
	}
}
