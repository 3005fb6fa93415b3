package server

import (
	"bufio"
	"errors"
	"io"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"tcp-operator.io/workload/snapshot"
	"tcp-operator.io/workload/spec"
)

// TestSlowloris compares what honest clients wait for an answer with and
// without peers that never finish a line. Each of those is closed in time:
// exactly when is for fake time to say, in TestDeadlines.
func TestSlowloris(t *testing.T) { // C2
	const (
		slow, honest = 1000, 50
		slack        = 10 * time.Second // for a machine that does much else
	)
	timeout := time.Duration(size(2, 15)) * time.Second
	asks := size(20, 2000)
	l := onLoopback(t, func(s *spec.Server) {
		s.Framing, s.Reply.Delay, s.Backlog = spec.FramingLine, 0, 4096
		s.Limits.MessageTimeout = spec.Duration(timeout)
	})
	without := l.honest(honest, asks)
	start := time.Now()
	var trickle sync.WaitGroup
	for range slow {
		c, began := l.dial(), time.Now()
		trickle.Go(func() {
			_ = c.SetReadDeadline(began.Add(timeout + slack))
			_, err := c.Read(make([]byte, 1))
			if after := time.Since(began); after < timeout || errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("a slow peer reads %v after %s, want the end after %s", err, after, timeout)
			}
		})
		trickle.Go(func() {
			// A byte in time for any idle timeout, until the server has enough.
			for _, err := c.Write([]byte("x")); err == nil; _, err = c.Write([]byte("x")) {
				time.Sleep(200 * time.Millisecond) // is what a slow peer does
			}
		})
	}
	l.until("all slow ones there", func(s snapshot.Snapshot) bool { return s.Sessions.Open+s.Closes[snapshot.MessageTimeout] >= slow })
	during := l.honest(honest, asks)
	there := l.until("counted", func(snapshot.Snapshot) bool { return true }).Sessions.Open
	s := l.until("all slow ones closed", func(s snapshot.Snapshot) bool { return s.Closes[snapshot.MessageTimeout] == slow })
	took := time.Since(start)
	trickle.Wait()
	p99 := func(of []time.Duration) time.Duration { return of[len(of)*99/100] }
	t.Logf("C2: %d of %d slow peers closed %s after the first came; p99 of %d honest clients %s, before the slow came %s: ratio %.2f; %d slow still there when they left",
		s.Closes[snapshot.MessageTimeout], slow, took.Round(time.Millisecond), honest, p99(during), p99(without),
		float64(p99(during))/float64(p99(without)), there)
}

// honest lets so many clients ask one question after the other, and returns
// what each answer took, sorted.
func (l *loopback) honest(clients, asks int) (took []time.Duration) {
	l.Helper()
	var (
		mu  sync.Mutex
		all sync.WaitGroup
	)
	for range clients {
		c := l.dial()
		all.Go(func() {
			defer c.Close()
			answers := bufio.NewReader(c)
			for range asks {
				asked := time.Now()
				if _, err := io.WriteString(c, "hello\n"); err != nil {
					l.Error(err)
					return
				}
				if _, err := answers.ReadString('\n'); err != nil {
					l.Error(err)
					return
				}
				mu.Lock()
				took = append(took, time.Since(asked))
				mu.Unlock()
			}
		})
	}
	all.Wait()
	slices.Sort(took)
	return took
}
