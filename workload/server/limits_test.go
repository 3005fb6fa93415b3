package server

import (
	"errors"
	"io"
	"net"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"tcp-operator.io/workload/session"
	"tcp-operator.io/workload/snapshot"
	"tcp-operator.io/workload/spec"
)

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

// A peer whose message is refused while a reply is on its way to it gets that
// reply, and FIN. Only one that does not read gets RST.
func TestWhatIsUnderWayGoesOutBeforeFIN(t *testing.T) {
	tests := []struct {
		name         string
		writeTimeout spec.Duration
		reads        bool
		after        time.Duration // the message that is refused
	}{
		{"a peer that reads", spec.Duration(10 * time.Second), true, 0},
		{"a peer that does not read", spec.Duration(10 * time.Second), false, 10 * time.Second},
		{"a peer that reads, without writeTimeout", 0, true, 0},
		{"a peer that does not read, without writeTimeout", 0, false, session.LingerTimeout},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			change := func(s *spec.Server) {
				s.Framing, s.Limits.MessageBytes, s.Limits.WriteTimeout = spec.FramingLine, 16, tt.writeTimeout
				s.Reply = spec.Reply{Text: strings.Repeat("r", 4096)}
			}
			inWorld(t, change, func(w *world) {
				c := w.dial()
				w.send(c, strings.Repeat("m\n", 32)) // whose replies fill what the network holds
				w.send(c, strings.Repeat("x", 17))
				if !tt.reads {
					time.Sleep(tt.after - 1)
					if got := w.snapshot().Sessions.Open; got != 1 {
						t.Errorf("%d sessions are open", got)
					}
					time.Sleep(2 * time.Nanosecond)
				}
				_, err := io.Copy(io.Discard, c)
				if reset := errors.Is(err, syscall.ECONNRESET); reset == tt.reads {
					t.Errorf("the peer reads %v", err)
				}
				_ = c.Close()
				w.wantCloses(map[snapshot.Reason]int64{snapshot.MessageTooLarge: 1})
			})
		})
	}
}

// A peer that reads slowly is one that reads, however many replies wait for it
// in one piece.
func TestASlowReaderIsNotClosed(t *testing.T) {
	const lines = 64
	change := func(s *spec.Server) {
		s.Reply = spec.Reply{Text: strings.Repeat("r", 3999)}
		s.Framing = spec.FramingLine
	}
	inWorld(t, change, func(w *world) {
		c := w.dial()
		w.send(c, strings.Repeat("m\n", lines))
		left := lines * 4000
		for buf := make([]byte, 1800); left > 0; time.Sleep(time.Second) { // twenty thousand bytes take 11 s
			n, err := c.Read(buf)
			if err != nil {
				t.Fatalf("%d bytes before the end: %v", left, err)
			}
			left -= n
		}
		w.wantCloses(map[snapshot.Reason]int64{})
	})
}
