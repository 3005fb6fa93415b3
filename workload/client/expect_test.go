package client

import (
	"context"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"tcp-operator.io/workload/spec"
	"tcp-operator.io/workload/verdict"
)

func (w *world) wantVerdict(when string, want verdict.Reason, ready bool) {
	w.t.Helper()
	s := w.snapshot()
	if s.Verdict != string(want) || s.Ready != ready {
		w.t.Errorf("%s: verdict %s, ready %v; want %s, %v", when, s.Verdict, s.Ready, want, ready)
	}
}

func TestAPathThatShouldBeBlocked(t *testing.T) {
	inWorld(t, func(s *spec.Client) { s.Expect.Connect, s.Sessions = spec.Blocked, 2 }, func(w *world) {
		w.client.Expect = spec.Expect{Connect: spec.Blocked}
		w.run() // nobody listens
		w.wantVerdict("blocked", verdict.Met, true)
		if s := w.snapshot(); len(s.Outages) > 0 || s.Sessions.Blocked != 2 {
			t.Errorf("a path that is blocked as it should be: %+v", s)
		}

		l := w.listen()
		time.Sleep(30 * time.Second)
		synctest.Wait()
		w.wantVerdict("open", verdict.UnexpectedSession, false)
		for range 2 {
			if got := read(w.accept(l)); got != "EOF" {
				t.Errorf("the session that should not be carried %q", got)
			}
		}
		_ = l.Close()
		time.Sleep(30 * time.Second)
		w.wantVerdict("blocked again", verdict.Met, true)
	})
}

func TestNothingIsProvenByANameThatDoesNotResolve(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.client.Expect = spec.Expect{Connect: spec.Blocked}
		w.client.Dial = func(context.Context, string, string) (net.Conn, error) {
			return nil, &net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", IsNotFound: true}}
		}
		w.run()
		w.wantVerdict("unresolved", verdict.NotProven, false)
	})
}

func TestOutagesThatAreNotForgivenMakeTheClientUnready(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.client.Expect = spec.Expect{Connect: spec.Allowed, MaxOutages: 0, Window: spec.Duration(time.Minute)}
		l := w.listen()
		w.run()
		c := w.accept(l)
		w.wantVerdict("held", verdict.Met, true)
		_ = read(c)
		_ = c.Close()
		w.wantVerdict("lost", verdict.TooManyOutages, false)
		again := w.accept(l) // 30 s later
		w.wantVerdict("back", verdict.TooManyOutages, false)
		time.Sleep(30 * time.Second)
		w.wantVerdict("a minute after", verdict.Met, true)
		_ = again.Close()
	})
}
