package client

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tcp-operator.io/workload/memnet"
	"tcp-operator.io/workload/spec"
)

func TestFlapGuard(t *testing.T) {
	change := func(s *spec.Client) {
		s.Reconnect.InitialDelay, s.Reconnect.MaxDelay = spec.Duration(time.Second), spec.Duration(8*time.Second)
	}
	inWorld(t, change, func(w *world) {
		l := w.listen()
		w.run()
		start := time.Now()
		var got []time.Duration
		for range 6 { // a server that accepts, and closes half a second later
			c := w.accept(l)
			got = append(got, time.Since(start))
			time.Sleep(500 * time.Millisecond)
			start = time.Now()
			_ = c.Close()
			synctest.Wait()
		}
		c := w.accept(l)
		time.Sleep(time.Second) // long enough
		start = time.Now()
		_ = c.Close()
		w.accept(l)
		got = append(got, time.Since(start))
		want := []time.Duration{0, time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second, 8 * time.Second, time.Second}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("delays (-want +got):\n%s", diff)
		}
	})
}

func TestAThousandSessionsDoNotReturnInOneBurst(t *testing.T) { // C12
	const sessions = 1000
	change := func(s *spec.Client) { s.Sessions = sessions; s.Reconnect.JitterPercent = 10 }
	inWorld(t, change, func(w *world) {
		l := w.listen()
		w.run()
		var conns []*memnet.Conn
		for range sessions {
			conns = append(conns, w.accept(l))
		}
		start := time.Now()
		for _, c := range conns {
			c.Abort()
		}
		slots := map[time.Duration]int{}
		for range sessions {
			w.accept(l)
			slots[time.Since(start)/(100*time.Millisecond)]++
		}
		peak := 0
		for _, n := range slots {
			peak = max(peak, n)
		}
		t.Logf("C12: peak %d of %d sessions in 100 ms, all back after %s", peak, sessions, time.Since(start))
		if peak > sessions/10 || time.Since(start) > 60*time.Second {
			t.Errorf("peak %d, all back after %s", peak, time.Since(start))
		}
	})
}

func TestDelayProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := Backoff{
			Initial:       time.Duration(rapid.Int64Range(1, int64(time.Hour)).Draw(t, "initial")),
			JitterPercent: rapid.IntRange(0, 100).Draw(t, "jitter"),
		}
		b.Max = b.Initial + time.Duration(rapid.Int64Range(0, int64(99999*time.Hour)).Draw(t, "more"))
		failures := rapid.IntRange(1, 10000).Draw(t, "failures")
		r := rapid.Float64Range(0, 0.999999).Draw(t, "r")
		d, plain := b.Delay(failures, r), b.Delay(failures, 0)
		if d < 0 || d > plain || plain > b.Max || plain < b.Initial {
			t.Fatalf("delay %s, without jitter %s", d, plain)
		}
		if b.Delay(failures+1, 0) < plain {
			t.Fatalf("delay shrinks after %d failures", failures)
		}
	})
}
