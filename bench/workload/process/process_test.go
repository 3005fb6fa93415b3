package process

import (
	"context"
	"errors"
	"net"
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

// A connection that nobody asked for would be counted as an idle descriptor of
// the server, and a session missed for ever once it has gone.
func TestAwaitListeningDoesNotConnect(t *testing.T) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	address := l.Addr().(*net.TCPAddr).AddrPort()
	p, err := Start("/bin/sleep", "100")
	if err != nil {
		t.Fatal(err)
	}
	defer p.Kill()
	if err := p.AwaitListening(t.Context(), address); err != nil {
		t.Fatal(err)
	}
	_ = l.(*net.TCPListener).SetDeadline(time.Now().Add(50 * time.Millisecond))
	if c, err := l.Accept(); err == nil {
		t.Errorf("%s connected", c.RemoteAddr())
	}
	_ = l.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := p.AwaitListening(ctx, address); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v for a listener that has gone", err)
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
