package client

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"tcp-operator.io/workload/memnet"
	"tcp-operator.io/workload/session"
	"tcp-operator.io/workload/snapshot"
	"tcp-operator.io/workload/spec"
	"tcp-operator.io/workload/stats"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const address = "10.0.0.9:9527"

// A world is a client on a network in memory, whose server is the test.
type world struct {
	t       *testing.T
	network *memnet.Network
	client  *Client
}

func newClient(network *memnet.Network, change func(*spec.Client)) *Client {
	s := spec.DefaultClient()
	s.Greeting, s.Reply.Text = "hello {sequence}", "reply {sequence}"
	s.Reconnect.JitterPercent = 0
	if change != nil {
		change(&s)
	}
	c := &Client{
		Config: session.ClientConfig(s), Address: address, Sessions: int(s.Sessions), Dial: network.Dial,
		ConnectTimeout: time.Duration(s.Connect.Timeout),
		Backoff: Backoff{Initial: time.Duration(s.Reconnect.InitialDelay), Max: time.Duration(s.Reconnect.MaxDelay),
			JitterPercent: int(s.Reconnect.JitterPercent)},
	}
	c.Config.Instance, c.Config.Stats, c.Config.Log = "test", stats.New(), slog.New(slog.DiscardHandler)
	return c
}

// inWorld runs test in fake time. The client starts when the test says so.
func inWorld(t *testing.T, change func(*spec.Client), test func(*world)) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{t: t, network: &memnet.Network{}}
		w.client = newClient(w.network, change)
		test(w)
		_ = w.client.Close()
	})
}

func (w *world) run() {
	go func() {
		if err := w.client.Run(); !errors.Is(err, ErrClientClosed) {
			w.t.Errorf("Run returned %v", err)
		}
	}()
	synctest.Wait()
}

func (w *world) listen() *memnet.Listener {
	w.t.Helper()
	l, err := w.network.Listen(address)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = l.Close() })
	return l
}

func (w *world) accept(l net.Listener) *memnet.Conn {
	w.t.Helper()
	c, err := l.Accept()
	if err != nil {
		w.t.Fatal(err)
	}
	synctest.Wait()
	return c.(*memnet.Conn)
}

func (w *world) snapshot() snapshot.Snapshot {
	synctest.Wait()
	var s snapshot.Snapshot
	w.client.Config.Stats.Fill(&s)
	w.client.Observe(&s)
	return s
}

func read(c net.Conn) string {
	buf := make([]byte, 1<<16)
	n, err := c.Read(buf)
	if err != nil {
		return err.Error()
	}
	return string(buf[:n])
}

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
		go func() { shut <- w.client.Shutdown(context.Background()) }()
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

func TestShutdownInterruptsAnAttempt(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.client.Dial = func(ctx context.Context, _, _ string) (net.Conn, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}
		w.run()
		start := time.Now()
		if err := w.client.Shutdown(context.Background()); err != nil || time.Since(start) > 0 {
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
