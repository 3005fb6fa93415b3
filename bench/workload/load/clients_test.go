package load

import (
	"bufio"
	"context"
	"errors"
	"net"
	"net/netip"
	"sync/atomic"
	"testing"
	"time"
)

// A talker answers each line of each session, and counts both.
type talker struct {
	address         netip.AddrPort
	sessions, lines atomic.Int64
}

func startTalker(t *testing.T) *talker {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	s := &talker{address: l.Addr().(*net.TCPAddr).AddrPort()}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			s.sessions.Add(1)
			go s.talk(c)
		}
	}()
	return s
}

func (s *talker) talk(c net.Conn) {
	defer c.Close()
	for lines := bufio.NewReader(c); ; {
		if _, err := lines.ReadSlice('\n'); err != nil {
			return
		}
		s.lines.Add(1)
		if _, err := c.Write([]byte("yes\n")); err != nil {
			return
		}
	}
}

func newClients(t *testing.T, to netip.AddrPort, loops int) *Clients {
	t.Helper()
	c, err := New(to, loops)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// Whatever the number of loops, each session of a burst speaks once.
func TestBurst(t *testing.T) {
	for _, loops := range []int{1, 3} {
		s := startTalker(t)
		took, err := newClients(t, s.address, loops).Burst(t.Context(), 50)
		if err != nil {
			t.Fatal(err)
		}
		if s.sessions.Load() != 50 || s.lines.Load() != 50 || took <= 0 {
			t.Errorf("%d loops: %d sessions sent %d lines in %s, want 50 each", loops, s.sessions.Load(), s.lines.Load(), took)
		}
	}
}

// A burst that nobody answers is not a quick one.
func TestABurstThatIsNotAnsweredFails(t *testing.T) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	_, err = newClients(t, l.Addr().(*net.TCPAddr).AddrPort(), 1).Burst(ctx, 5)
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, want that time ran out", err)
	}
}

// More sessions may be connected later, and all of them talk.
func TestConnectInBatches(t *testing.T) {
	s := startTalker(t)
	c := newClients(t, s.address, 2)
	for _, n := range []int{3, 4} {
		if err := c.Connect(n); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.Exchange(t.Context()); err != nil {
		t.Fatal(err)
	}
	if s.sessions.Load() != 7 || s.lines.Load() != 7 {
		t.Errorf("%d sessions sent %d lines, want 7 each", s.sessions.Load(), s.lines.Load())
	}
}
