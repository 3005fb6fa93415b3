package client

import (
	"context"
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"tcp-operator.io/workload/memnet"
	"tcp-operator.io/workload/snapshot"
	"tcp-operator.io/workload/spec"
)

func TestClientGreetsAndAnswers(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		l := w.listen()
		w.run()
		c := w.accept(l)
		if got := read(c); got != "hello 1" {
			t.Errorf("greeting: got %q", got)
		}
		time.Sleep(2 * time.Second)
		_, _ = io.WriteString(c, "response")
		start := time.Now()
		if got := read(c); got != "reply 2" || time.Since(start) != 5*time.Second {
			t.Errorf("got %q after %s", got, time.Since(start))
		}
		s := w.snapshot()
		if !s.Ready || s.Sessions.Open != 1 || s.RoundTrip == nil || s.RoundTrip.Count != 1 {
			t.Errorf("snapshot: %+v", s)
		}
		// Two significant digits: within one percent of 2 s.
		if p50 := s.RoundTrip.P50Microseconds; p50 < 1_980_000 || p50 > 2_020_000 {
			t.Errorf("round trip: %d µs, want 2 s", p50)
		}
	})
}

func TestALostSessionIsAnOutage(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		l := w.listen()
		w.run()
		c := w.accept(l)
		time.Sleep(100 * time.Second)
		lost := time.Now()
		c.Abort()
		s := w.snapshot()
		if s.Ready || s.Sessions.Open != 0 || s.Sessions.Lost != 1 {
			t.Errorf("after the loss: %+v", s.Sessions)
		}
		want := snapshot.Outage{StartTime: lost, Phase: snapshot.PhaseSession, Reason: snapshot.PeerReset, ClosedBy: snapshot.Peer,
			LocalAddress: c.RemoteAddr().String(), RemoteAddress: address, SessionAgeSeconds: 100}
		if diff := cmp.Diff([]snapshot.Outage{want}, s.Outages); diff != "" {
			t.Errorf("outage (-want +got):\n%s", diff)
		}
		w.accept(l) // 30 s later
		s = w.snapshot()
		want.EndTime, want.DurationMilliseconds, want.Attempts = new(lost.Add(30*time.Second)), 30000, 1
		if diff := cmp.Diff([]snapshot.Outage{want}, s.Outages); diff != "" {
			t.Errorf("outage (-want +got):\n%s", diff)
		}
		if !s.Ready || s.LastFailure != nil {
			t.Errorf("after the outage: %+v", s)
		}
	})
}

func TestAServerThatIsNotThereYetIsAnOutageFromTheStart(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		start := time.Now()
		w.run()
		time.Sleep(31 * time.Second)
		s := w.snapshot()
		if s.LastFailure == nil || s.LastFailure.Reason != snapshot.Refused || s.Failures[snapshot.Refused] != 2 {
			t.Errorf("failures: %+v, %v", s.LastFailure, s.Failures)
		}
		l := w.listen()
		w.accept(l)
		s = w.snapshot()
		want := []snapshot.Outage{{StartTime: start, EndTime: new(start.Add(time.Minute)), DurationMilliseconds: 60000,
			Phase: snapshot.PhaseConnect, Reason: snapshot.Refused, Attempts: 3}}
		if diff := cmp.Diff(want, s.Outages); diff != "" {
			t.Errorf("outages (-want +got):\n%s", diff)
		}
		if s.LastFailure != nil || s.Sessions.Lost != 0 {
			t.Errorf("after the outage: %+v, %+v", s.LastFailure, s.Sessions)
		}
	})
}

func TestTheFirstConnectIsNoOutage(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		l := w.listen()
		w.run()
		w.accept(l)
		if s := w.snapshot(); len(s.Outages) > 0 || !s.Ready {
			t.Errorf("snapshot: %+v", s)
		}
	})
}

func TestConnectTimeout(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.client.Dial = func(ctx context.Context, _, _ string) (net.Conn, error) {
			<-ctx.Done()
			return nil, &net.OpError{Op: "dial", Net: "tcp", Err: ctx.Err()}
		}
		w.run()
		time.Sleep(30 * time.Second)
		if got := w.snapshot().LastFailure; got == nil || got.Reason != snapshot.ConnectTimeout {
			t.Errorf("got %+v", got)
		}
	})
}

func TestALastingOutageIsNeverCrowdedOut(t *testing.T) {
	inWorld(t, func(s *spec.Client) { s.Sessions = 12 }, func(w *world) {
		l := w.listen()
		w.run()
		peers := make([]*memnet.Conn, 12)
		for i := range peers {
			peers[i] = w.accept(l)
		}
		_ = peers[0].Close() // the oldest, and the one that lasts
		synctest.Wait()
		time.Sleep(time.Second)
		_ = l.Close()
		for _, c := range peers[1:] {
			_ = c.Close()
		}
		synctest.Wait()
		w.client.mu.Lock()
		for _, s := range w.client.slots {
			if s.outage != nil && time.Since(s.outage.StartTime) == 0 {
				w.client.endOutageLocked(s, time.Now())
			}
		}
		w.client.mu.Unlock()
		lasting := 0
		for _, o := range w.snapshot().Outages {
			if o.EndTime == nil {
				lasting++
			}
		}
		if lasting != 1 {
			t.Errorf("%d outages last, want the oldest of 12", lasting)
		}
	})
}
