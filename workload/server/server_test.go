package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"tcp-operator.io/workload/memnet"
	"tcp-operator.io/workload/session"
	"tcp-operator.io/workload/snapshot"
	"tcp-operator.io/workload/spec"
	"tcp-operator.io/workload/stats"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const address = "10.0.0.9:9527"

// newServer returns a server with the settings that change makes of the
// defaults. Its texts say no time, so that tests can compare them.
func newServer(change func(*spec.Server)) *Server {
	settings := spec.DefaultServer()
	settings.Reply.Text = "reply {sequence}"
	settings.Reply.ExceptionText = "exception {sequence}"
	if change != nil {
		change(&settings)
	}
	s := &Server{Config: session.ServerConfig(settings), MaxSessions: int(settings.Limits.Sessions)}
	s.Config.Instance = "test"
	s.Config.Stats = stats.New()
	s.Config.Log = slog.New(slog.DiscardHandler)
	return s
}

// A world is a server that listens on a network in memory.
type world struct {
	t       *testing.T
	network *memnet.Network
	server  *Server
	served  chan error
}

// inWorld runs test in fake time, and closes the server after it.
func inWorld(t *testing.T, change func(*spec.Server), test func(*world)) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{t: t, network: &memnet.Network{}, server: newServer(change), served: make(chan error, 1)}
		l, err := w.network.Listen(address)
		if err != nil {
			t.Fatal(err)
		}
		go func() { w.served <- w.server.Serve(l) }()
		synctest.Wait()
		test(w)
		_ = w.server.Close()
		if err := <-w.served; !errors.Is(err, ErrServerClosed) {
			t.Errorf("Serve returned %v", err)
		}
	})
}

func (w *world) dial() net.Conn {
	w.t.Helper()
	c, err := w.network.Dial(w.t.Context(), "tcp", address)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = c.Close() })
	synctest.Wait()
	return c
}

func (w *world) send(c net.Conn, text string) {
	w.t.Helper()
	if _, err := io.WriteString(c, text); err != nil {
		w.t.Fatal(err)
	}
	synctest.Wait()
}

// read returns what one read brings.
func (w *world) read(c net.Conn) string {
	buf := make([]byte, 1<<16)
	n, err := c.Read(buf)
	if err != nil {
		return err.Error()
	}
	return string(buf[:n])
}

func (w *world) snapshot() snapshot.Snapshot {
	synctest.Wait()
	var s snapshot.Snapshot
	w.server.Config.Stats.Fill(&s)
	w.server.Observe(&s)
	return s
}

// closes returns the reasons that were counted.
func (w *world) closes() map[snapshot.Reason]int64 {
	counted := map[snapshot.Reason]int64{}
	for reason, n := range w.snapshot().Closes {
		if n > 0 {
			counted[reason] = n
		}
	}
	return counted
}

func (w *world) wantCloses(want map[snapshot.Reason]int64) {
	w.t.Helper()
	if diff := cmp.Diff(want, w.closes()); diff != "" {
		w.t.Errorf("close reasons (-want +got):\n%s", diff)
	}
}

func TestRepliesOverlapAndKeepTheirOrder(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		c, start := w.dial(), time.Now()
		var got []string
		go func() {
			for range 3 {
				w.send(c, "message")
				time.Sleep(time.Second) // fake
			}
		}()
		for range 3 {
			text := w.read(c)
			got = append(got, fmt.Sprintf("%s at %s", text, time.Since(start)))
		}
		want := []string{"reply 1 at 5s", "reply 2 at 6s", "reply 3 at 7s"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

func TestTheDelayOfOnePeerStopsNobody(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		start := time.Now()
		first, second := w.dial(), w.dial()
		w.send(first, "a")
		time.Sleep(4 * time.Second)
		w.send(second, "b")
		w.read(first)
		if got := time.Since(start); got != 5*time.Second {
			t.Errorf("the first peer's reply came after %s", got)
		}
		w.read(second)
		if got := time.Since(start); got != 9*time.Second {
			t.Errorf("the second peer's reply came after %s", got)
		}
	})
}

func TestWhatIsNotUTF8IsAnsweredAsException(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		c := w.dial()
		w.send(c, "\xff\xfe")
		if got := w.read(c); got != "exception 1" {
			t.Errorf("got %q", got)
		}
		if got := w.snapshot().Messages; got != (snapshot.Messages{Received: 1, Sent: 1, Exceptions: 1}) {
			t.Errorf("got %+v", got)
		}
	})
}

func TestEmptyTextsAreNotSent(t *testing.T) {
	inWorld(t, func(s *spec.Server) { s.Reply.Text = ""; s.Reply.Delay = 0 }, func(w *world) {
		c := w.dial()
		w.send(c, "to nobody")
		w.send(c, "\xff")
		if got := w.read(c); got != "exception 1" {
			t.Errorf("got %q", got)
		}
	})
}

func TestGreetingComesFirst(t *testing.T) {
	inWorld(t, func(s *spec.Server) { s.Greeting = "welcome {peer} {session} {sequence}" }, func(w *world) {
		c := w.dial()
		if got, want := w.read(c), "welcome "+c.LocalAddr().String()+" test-1 1"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

func TestFramedMessages(t *testing.T) {
	tests := []struct {
		framing    spec.Framing
		send, want string
	}{
		{spec.FramingLine, "a\nb\r\nunfinished", "reply 1\nreply 2\n"},
		{spec.FramingLengthPrefixed, "\x00\x00\x00\x01a\x00\x00\x00\x00\x00", "\x00\x00\x00\x07reply 1\x00\x00\x00\x07reply 2"},
	}
	for _, tt := range tests {
		t.Run(string(tt.framing), func(t *testing.T) {
			inWorld(t, func(s *spec.Server) { s.Framing = tt.framing }, func(w *world) {
				c := w.dial()
				for i := range len(tt.send) {
					w.send(c, tt.send[i:i+1])
				}
				got := make([]byte, len(tt.want))
				if _, err := io.ReadFull(c, got); err != nil || string(got) != tt.want {
					t.Errorf("got %q, %v, want %q", got, err, tt.want)
				}
			})
		})
	}
}

func TestPendingRepliesStopReading(t *testing.T) {
	const limit = 4
	change := func(s *spec.Server) { s.Framing = spec.FramingLine; s.Limits.PendingReplies = limit }
	inWorld(t, change, func(w *world) {
		c, start := w.dial(), time.Now()
		w.send(c, strings.Repeat("m\n", 10))
		if got := w.snapshot().Messages.Received; got != limit {
			t.Errorf("%d messages were taken, want %d", got, limit)
		}
		want := strings.Join([]string{"reply 1", "reply 2", "reply 3", "reply 4", "reply 5", "reply 6", "reply 7", "reply 8", "reply 9", "reply 10", ""}, "\n")
		got := make([]byte, len(want))
		if _, err := io.ReadFull(c, got); err != nil || string(got) != want {
			t.Errorf("got %q, %v", got, err)
		}
		// Four messages are promised an answer at a time: at 0, 5 and 10 s.
		if took := time.Since(start); took != 15*time.Second {
			t.Errorf("the last reply came after %s", took)
		}
	})
}

func TestHalfClosingPeerGetsItsReplies(t *testing.T) { // C15
	inWorld(t, nil, func(w *world) {
		c := w.dial()
		w.send(c, "last words")
		_ = c.(*memnet.Conn).CloseWrite()
		got, err := io.ReadAll(c)
		if err != nil || string(got) != "reply 1" {
			t.Errorf("got %q, %v", got, err)
		}
		w.wantCloses(map[snapshot.Reason]int64{snapshot.PeerClosed: 1})
	})
}

func TestACharacterCutByTheEndIsAnException(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		c := w.dial()
		w.send(c, "h\xc3")
		_ = c.(*memnet.Conn).CloseWrite()
		got, err := io.ReadAll(c)
		if err != nil || string(got) != "reply 1exception 2" {
			t.Errorf("got %q, %v", got, err)
		}
	})
}

func TestReset(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		c := w.dial()
		w.send(c, "owed a reply")
		c.(*memnet.Conn).Abort()
		w.wantCloses(map[snapshot.Reason]int64{snapshot.PeerReset: 1})
		if got := w.snapshot().Sessions.Open; got != 0 {
			t.Errorf("%d sessions are open", got)
		}
	})
}

func TestSessionLimit(t *testing.T) { // C5
	inWorld(t, func(s *spec.Server) { s.Limits.Sessions = 2 }, func(w *world) {
		w.dial()
		second := w.dial()
		third := w.dial()
		if got := w.read(third); got != "EOF" {
			t.Errorf("the rejected peer reads %q", got)
		}
		_ = third.Close()
		got := w.snapshot().Sessions
		if diff := cmp.Diff(snapshot.Sessions{Open: 2, Opened: 2, Rejected: 1}, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		w.wantCloses(map[snapshot.Reason]int64{snapshot.SessionLimit: 1})
		_ = second.Close()
		synctest.Wait()
		fourth := w.dial()
		w.send(fourth, "there is room again")
		if got := w.read(fourth); got != "reply 1" {
			t.Errorf("got %q", got)
		}
	})
}

func TestDeadlines(t *testing.T) {
	tests := []struct {
		name   string
		change func(*spec.Server)
		talk   func(*world, net.Conn)
		after  time.Duration
		want   snapshot.Reason
	}{
		{"a silent peer", func(s *spec.Server) { s.Limits.IdleTimeout = spec.Duration(20 * time.Second) },
			func(*world, net.Conn) {}, 20 * time.Second, snapshot.IdleTimeout},
		{"a peer that fell silent: the reply counts as activity",
			func(s *spec.Server) { s.Limits.IdleTimeout = spec.Duration(20 * time.Second) },
			func(w *world, c net.Conn) { time.Sleep(7 * time.Second); w.send(c, "x") }, 32 * time.Second, snapshot.IdleTimeout},
		{"slowloris: every byte is in time, the message is not", // C2
			func(s *spec.Server) { s.Framing = spec.FramingLine },
			func(w *world, c net.Conn) {
				for range 3 {
					w.send(c, "x")
					time.Sleep(9 * time.Second)
				}
			}, 30 * time.Second, snapshot.MessageTimeout},
		{"a line without end", func(s *spec.Server) { s.Framing = spec.FramingLine; s.Limits.MessageBytes = 4096 },
			func(w *world, c net.Conn) { w.send(c, strings.Repeat("x", 4097)) }, 0, snapshot.MessageTooLarge}, // C7
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			inWorld(t, tt.change, func(w *world) {
				c, start := w.dial(), time.Now()
				tt.talk(w, c)
				if got, err := io.ReadAll(c); err != nil {
					t.Errorf("read %q, %v; want FIN", got, err)
				}
				if took := time.Since(start); took != tt.after {
					t.Errorf("closed after %s, want %s", took, tt.after)
				}
				_ = c.Close()
				w.wantCloses(map[snapshot.Reason]int64{tt.want: 1})
			})
		})
	}
}

func TestAPeerThatDoesNotRead(t *testing.T) { // C4
	change := func(s *spec.Server) {
		s.Reply = spec.Reply{Text: strings.Repeat("r", 4096)}
		s.Framing = spec.FramingLine
	}
	inWorld(t, change, func(w *world) {
		c := w.dial()
		w.send(c, strings.Repeat("m\n", 1000))
		info := w.server.Open()[0].Info()
		if !info.ReadingPaused || info.PendingReplies != 128 {
			t.Errorf("reading goes on: %+v", info)
		}
		time.Sleep(15 * time.Second)
		w.wantCloses(map[snapshot.Reason]int64{snapshot.WriteTimeout: 1})
	})
}

func TestShutdownKeepsPromises(t *testing.T) { // C10
	inWorld(t, nil, func(w *world) {
		const peers = 100
		var conns []net.Conn
		for range peers {
			c := w.dial()
			w.send(c, "m")
			conns = append(conns, c)
		}
		time.Sleep(time.Second)
		start := time.Now()
		shut := make(chan error, 1)
		go func() { shut <- w.server.Shutdown(context.Background()) }()
		synctest.Wait()
		if s := w.snapshot(); s.Ready || !s.Draining || len(s.ListenAddresses) > 0 {
			t.Errorf("while draining: %+v", s)
		}
		if _, err := w.network.Dial(w.t.Context(), "tcp", address); err == nil {
			t.Error("a new connection was accepted while draining")
		}
		for _, c := range conns {
			_, _ = io.WriteString(c, "too late for a promise")
			if got, err := io.ReadAll(c); err != nil || string(got) != "reply 1" {
				t.Fatalf("got %q, %v", got, err)
			}
			_ = c.Close()
		}
		if err := <-shut; err != nil {
			t.Error(err)
		}
		if took := time.Since(start); took != 4*time.Second {
			t.Errorf("shutdown took %s", took)
		}
		w.wantCloses(map[snapshot.Reason]int64{snapshot.Drained: peers})
	})
}

func TestShutdownDoesNotWaitForPeersThatStay(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.dial() // and never closes
		start := time.Now()
		if err := w.server.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
		if took := time.Since(start); took != session.LingerTimeout {
			t.Errorf("shutdown took %s", took)
		}
	})
}

func TestCloseBreaksPromises(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		c := w.dial()
		w.send(c, "m")
		start := time.Now()
		ctx, cancel := context.WithCancel(context.Background())
		shut := make(chan error, 1)
		go func() { shut <- w.server.Shutdown(ctx) }()
		synctest.Wait()
		cancel()
		if err := <-shut; !errors.Is(err, context.Canceled) {
			t.Errorf("Shutdown returned %v", err)
		}
		_ = w.server.Close()
		if got, _ := io.ReadAll(c); len(got) > 0 || time.Since(start) > 0 {
			t.Errorf("got %q after %s", got, time.Since(start))
		}
		w.wantCloses(map[snapshot.Reason]int64{snapshot.LocalClosed: 1})
	})
}

func TestServeAfterClose(t *testing.T) {
	s := newServer(nil)
	_ = s.Close()
	l, err := (&memnet.Network{}).Listen(address)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Serve(l); !errors.Is(err, ErrServerClosed) {
		t.Errorf("Serve returned %v", err)
	}
}
