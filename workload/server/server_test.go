package server

import (
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tcp-operator.io/workload/memnet"
	"tcp-operator.io/workload/snapshot"
	"tcp-operator.io/workload/spec"
)

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
