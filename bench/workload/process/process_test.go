package process

import (
	"testing"
	"time"
)

// A program that sleeps again and again does so by context switches.
func TestSwitchesCountsSleeping(t *testing.T) {
	p, err := Start("/bin/sh", "-c", "for i in 1 2 3 4 5 6 7 8 9 10; do sleep 0.01; done; exec sleep 100")
	if err != nil {
		t.Fatal(err)
	}
	defer p.Kill()
	var slept int64
	err = p.Await(t.Context(), "ten naps", func() bool {
		if slept, err = p.Switches(); err != nil {
			t.Fatal(err)
		}
		return slept >= 10
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestSwitchesOfOneThatHasEnded(t *testing.T) {
	p, err := Start("/bin/true")
	if err != nil {
		t.Fatal(err)
	}
	<-p.exited
	if n, err := p.Switches(); err == nil {
		t.Errorf("a process that has ended has switched %d times, want an error", n)
	}
}

func TestOwnCPUGrowsWithWork(t *testing.T) {
	before, err := OwnCPU()
	if err != nil {
		t.Fatal(err)
	}
	for begin := time.Now(); time.Since(begin) < 20*time.Millisecond; {
	}
	after, err := OwnCPU()
	if err != nil {
		t.Fatal(err)
	}
	if after <= before {
		t.Errorf("from %s to %s while working", before, after)
	}
}

func TestNumber(t *testing.T) {
	text := []byte("Name: x\nvoluntary_ctxt_switches:\t150\nnonvoluntary_ctxt_switches:\t545\n")
	if n, err := number(text, "voluntary_ctxt_switches: %d"); n != 150 || err != nil {
		t.Errorf("got %d, %v; want 150", n, err)
	}
	if n, err := number(text, "Rss: %d kB"); err == nil {
		t.Errorf("got %d for what is not there", n)
	}
}
