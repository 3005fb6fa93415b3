package server

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"tcp-operator.io/workload/snapshot"
	"tcp-operator.io/workload/spec"
)

func TestLoopbackHalfClose(t *testing.T) { // C15
	l := onLoopback(t, func(s *spec.Server) { s.Reply.Delay = spec.Duration(50 * time.Millisecond) })
	c := l.dial()
	_, _ = io.WriteString(c, "last words")
	_ = c.CloseWrite()
	got, err := io.ReadAll(c)
	if err != nil || string(got) != "reply 1" {
		t.Errorf("got %q, %v", got, err)
	}
	l.until("PeerClosed", func(s snapshot.Snapshot) bool { return s.Closes[snapshot.PeerClosed] == 1 })
}

func TestLoopbackOneByteAtATime(t *testing.T) { // C14
	l := onLoopback(t, func(s *spec.Server) { s.Framing = spec.FramingLine; s.Reply.Delay = 0 })
	c := l.dial()
	_ = c.SetNoDelay(true)
	for _, b := range []byte("hello\r\nworld\n") {
		_, _ = c.Write([]byte{b})
	}
	lines := bufio.NewScanner(c)
	for _, want := range []string{"reply 1", "reply 2"} {
		if !lines.Scan() || lines.Text() != want {
			t.Errorf("got %q, want %q", lines.Text(), want)
		}
	}
}

func TestConservation(t *testing.T) { // C1
	const conns = 10
	each := size(10_000, 100_000)
	l := onLoopback(t, func(s *spec.Server) {
		s.Framing, s.Reply.Delay, s.Reply.Text = spec.FramingLine, 0, "{sequence}"
	})
	var clients sync.WaitGroup
	for range conns {
		c := l.dial()
		clients.Go(func() {
			for i := range each {
				if _, err := fmt.Fprintf(c, "message %d\n", i); err != nil {
					t.Error(err)
					return
				}
			}
			_ = c.CloseWrite()
		})
		clients.Go(func() {
			replies := bufio.NewScanner(c)
			n := 0
			for ; replies.Scan(); n++ {
				if replies.Text() != fmt.Sprint(n+1) {
					t.Errorf("reply %d is %q", n+1, replies.Text())
					return
				}
			}
			if n != each {
				t.Errorf("%d replies, want %d", n, each)
			}
		})
	}
	clients.Wait()
	s := l.until("all closed", func(s snapshot.Snapshot) bool { return s.Closes[snapshot.PeerClosed] == conns })
	t.Logf("C1: %d sent, %d received, %d replied", conns*each, s.Messages.Received, s.Messages.Sent)
	if s.Messages.Received != int64(conns*each) || s.Messages.Sent != int64(conns*each) {
		t.Errorf("%+v", s.Messages)
	}
}

func TestLoopbackSessionLimit(t *testing.T) { // C5
	limit, more := size(50, 1000), size(500, 1000)
	l := onLoopback(t, func(s *spec.Server) { s.Limits.Sessions = int32(limit); s.Backlog = 1000; s.Reply.Delay = 0 })
	var served []net.Conn
	for range limit {
		c := l.dial()
		_, _ = io.WriteString(c, "hello")
		if _, err := c.Read(make([]byte, 100)); err != nil {
			t.Fatal(err)
		}
		served = append(served, c)
	}
	clean := 0
	for range more {
		c := l.dial()
		_, _ = io.WriteString(c, "is there room?") // must not turn FIN into RST
		if _, err := c.Read(make([]byte, 1)); err == io.EOF {
			clean++
		}
		_ = c.Close()
	}
	s := l.until("rejected", func(s snapshot.Snapshot) bool { return s.Sessions.Rejected == int64(more) })
	t.Logf("C5: %d served, %d rejected, %d of them with a clean close", s.Sessions.Open, s.Sessions.Rejected, clean)
	if clean != more || s.Sessions.Open != int64(limit) || s.Closes[snapshot.SessionLimit] != int64(more) {
		t.Errorf("%d clean, %+v, %v", clean, s.Sessions, s.Closes)
	}
	for _, c := range served {
		_ = c.Close()
	}
	l.until("room again", func(s snapshot.Snapshot) bool { return s.Sessions.Open == 0 })
}

func TestResetStorm(t *testing.T) { // C8
	storm := size(2000, 10_000)
	l := onLoopback(t, func(s *spec.Server) { s.Backlog = int32(storm) })
	before := runtime.NumGoroutine()
	for i := range storm {
		c := l.dial()
		if i%2 == 0 { // half of them are owed a reply
			_, _ = io.WriteString(c, "hello")
		}
		_ = c.SetLinger(0)
		_ = c.Close()
	}
	s := l.until("all counted", func(s snapshot.Snapshot) bool { return s.Sessions.Open == 0 && s.Sessions.Opened == int64(storm) })
	t.Logf("C8: %d resets, %d counted as PeerReset; goroutines %d before, %d after",
		storm, s.Closes[snapshot.PeerReset], before, runtime.NumGoroutine())
	if s.Closes[snapshot.PeerReset] != int64(storm) || runtime.NumGoroutine() > before+5 {
		t.Errorf("closes: %v", s.Closes)
	}
}

func TestAcceptingABurst(t *testing.T) { // C18
	burst := size(1000, 5000)
	l := onLoopback(t, func(s *spec.Server) { s.Backlog = 4096; s.Reply.Delay = 0 })
	start := time.Now()
	var clients sync.WaitGroup
	for range burst {
		clients.Go(func() {
			c, err := net.Dial("tcp", l.address)
			if err != nil {
				t.Error(err)
				return
			}
			defer c.Close()
			_, _ = io.WriteString(c, "hello")
			if _, err := c.Read(make([]byte, 100)); err != nil {
				t.Error(err)
			}
		})
	}
	clients.Wait()
	t.Logf("C18: %d dials at once, 0 lost, all answered after %s", burst, time.Since(start).Round(time.Millisecond))
}

func TestALineWithoutEnd(t *testing.T) { // C7
	const limit = 1 << 20
	l := onLoopback(t, func(s *spec.Server) { s.Framing = spec.FramingLine; s.Limits.MessageBytes = limit })
	c, chunk := l.dial(), bytes.Repeat([]byte{'x'}, limit)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	sent := 0
	for sent < 1<<30 {
		n, err := c.Write(chunk)
		sent += n
		if err != nil {
			break
		}
	}
	runtime.ReadMemStats(&after) // before anything else allocates
	s := l.until("closed", func(s snapshot.Snapshot) bool { return s.Closes[snapshot.MessageTooLarge] == 1 })
	// All that was allocated, freed or not: a message grows by copies, each
	// larger by a quarter.
	allocated := after.TotalAlloc - before.TotalAlloc
	t.Logf("C7: closed after %d bytes of a message of at most %d; %d bytes of memory were allocated on the way", s.Bytes.Received, limit, allocated)
	if sent >= 1<<30 || allocated > 8*limit {
		t.Errorf("%d bytes went through, %d were allocated", sent, allocated)
	}
}

func TestReadiness(t *testing.T) { // C21
	network := func(w *world) bool {
		c, err := w.network.Dial(w.t.Context(), "tcp", address)
		if err != nil {
			return false
		}
		_ = c.Close()
		return true
	}
	synctest.Test(t, func(t *testing.T) {
		inner := &world{t: t}
		inner.server = newServer(nil)
		if inner.snapshot().Ready {
			t.Error("ready before it listens")
		}
	})
	inWorld(t, nil, func(w *world) {
		check := func(when string, want bool) {
			w.t.Helper()
			if got, dials := w.snapshot().Ready, network(w); got != want || dials != want {
				w.t.Errorf("%s: ready %t, a dial succeeds %t, want %t", when, got, dials, want)
			}
		}
		check("listening", true)
		w.send(w.dial(), "a promise")
		go func() { _ = w.server.Shutdown(w.t.Context()) }()
		check("draining", false)
		time.Sleep(10 * time.Second)
		check("drained", false)
	})
}

func TestManyPromisesCostNoGoroutines(t *testing.T) {
	const sessions = 500
	l := onLoopback(t, func(s *spec.Server) { s.Backlog = 1000 })
	before := runtime.NumGoroutine()
	for range sessions {
		_, _ = io.WriteString(l.dial(), strings.Repeat("m", 10))
	}
	l.until("all received", func(s snapshot.Snapshot) bool { return s.Messages.Received == sessions })
	if after := runtime.NumGoroutine(); after > before+5 {
		t.Errorf("%d goroutines before, %d with %d replies pending", before, after, sessions)
	}
}
