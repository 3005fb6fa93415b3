package client

import (
	"context"
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"tcp-operator.io/workload/session"
	"tcp-operator.io/workload/snapshot"
	"tcp-operator.io/workload/spec"
)

func TestOutagesAreBounded(t *testing.T) {
	inWorld(t, func(s *spec.Client) { s.Sessions = 30 }, func(w *world) {
		w.run()
		s := w.snapshot()
		if len(s.Outages) != snapshot.MaxOutages {
			t.Errorf("%d outages", len(s.Outages))
		}
	})
}

func TestShutdownDrains(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		l := w.listen()
		w.run()
		c := w.accept(l)
		_ = read(c)
		_, _ = io.WriteString(c, "message")
		synctest.Wait()
		shut := make(chan error, 1)
		go func() { shut <- w.client.Shutdown(w.t.Context()) }()
		synctest.Wait()
		if s := w.snapshot(); s.Ready || !s.Draining {
			t.Errorf("while draining: %+v", s)
		}
		got, err := io.ReadAll(c)
		if err != nil || string(got) != "reply 2" {
			t.Errorf("got %q, %v", got, err)
		}
		_ = c.Close()
		if err := <-shut; err != nil {
			t.Error(err)
		}
		s := w.snapshot()
		if s.Closes[snapshot.Drained] != 1 || len(s.Outages) > 0 || s.Sessions.Lost > 0 {
			t.Errorf("after: %+v", s)
		}
	})
}

// A reply that a client has asked for before it was told to end, and that comes
// within session.DrainTimeout of its FIN, has not been sent in vain.
func TestShutdownTakesWhatTheServerStillOwes(t *testing.T) {
	for after, want := range map[time.Duration]int64{session.DrainTimeout - 1: 4, session.DrainTimeout + 1: 0} {
		t.Run(after.String(), func(t *testing.T) {
			inWorld(t, nil, func(w *world) {
				l := w.listen()
				w.run()
				c := w.accept(l)
				_ = read(c)
				shut := make(chan error, 1)
				go func() { shut <- w.client.Shutdown(w.t.Context()) }()
				if _, err := io.ReadAll(c); err != nil {
					t.Fatal(err)
				}
				time.Sleep(after)
				_, _ = io.WriteString(c, "late") // to nobody, where it comes too late
				_ = c.Close()
				if err := <-shut; err != nil {
					t.Error(err)
				}
				if got := w.snapshot().Bytes.Received; got != want {
					t.Errorf("%d bytes have come, want %d", got, want)
				}
			})
		})
	}
}

func TestShutdownInterruptsAnAttempt(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.client.Dial = func(ctx context.Context, _, _ string) (net.Conn, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}
		w.run()
		start := time.Now()
		if err := w.client.Shutdown(w.t.Context()); err != nil || time.Since(start) > 0 {
			t.Errorf("%v after %s", err, time.Since(start))
		}
		if s := w.snapshot(); s.LastFailure != nil {
			t.Errorf("counted as a failure: %+v", s.LastFailure)
		}
	})
}

func TestAServersFINBeginsTheOutageButPromisesAreKept(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		l := w.listen()
		w.run()
		c := w.accept(l)
		_ = read(c)
		_, _ = io.WriteString(c, "message")
		_ = c.CloseWrite()
		s := w.snapshot()
		if s.Ready || s.Sessions.Open != 0 || len(s.Outages) != 1 || s.Outages[0].Reason != snapshot.PeerClosed {
			t.Errorf("after FIN: %+v", s)
		}
		start := time.Now()
		if got, err := io.ReadAll(c); err != nil || string(got) != "reply 2" || time.Since(start) != 5*time.Second {
			t.Errorf("got %q, %v after %s", got, err, time.Since(start))
		}
		if s := w.snapshot(); s.Closes[snapshot.PeerClosed] != 1 {
			t.Errorf("closes: %v", s.Closes)
		}
	})
}
