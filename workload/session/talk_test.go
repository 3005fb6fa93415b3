package session

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tcp-operator.io/workload/snapshot"
	"tcp-operator.io/workload/spec"
)

// replies are those to the messages from first to last, on the wire.
func replies(first, last int) string {
	var all strings.Builder
	for i := first; i <= last; i++ {
		fmt.Fprintf(&all, "reply %d\n", i)
	}
	return all.String()
}

func TestRepliesThatAreDueGoOutTogether(t *testing.T) {
	tests := []struct {
		name  string
		delay time.Duration
		lines int
		sends int
	}{
		{"at once", 0, 1000, 2}, // a draft holds 512 messages
		{"promised", time.Second, 128, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := &conn{}
				s, _ := newSession(t, c, func(s *spec.Server) { s.Reply.Delay = spec.Duration(tt.delay) })
				s.Start()
				s.Received([]byte(strings.Repeat("m\n", tt.lines)))
				time.Sleep(tt.delay)
				synctest.Wait()
				want := replies(1, tt.lines)
				if got := strings.Join(c.sent, ""); got != want || len(c.sent) != tt.sends {
					t.Errorf("%d calls sent %d bytes, want %d and %d", len(c.sent), len(got), tt.sends, len(want))
				}
				got := s.counted()
				if got.Messages.Sent != int64(tt.lines) || got.Bytes.Sent != int64(len(want)) || s.messages != got.Messages || s.bytes != got.Bytes {
					t.Errorf("counted %+v, %+v; of the session %+v, %+v", got.Messages, got.Bytes, s.messages, s.bytes)
				}
			})
		})
	}
}

func TestMessagesCountWhenTheyHaveGoneWhole(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &conn{full: true}
		s, _ := newSession(t, c, nil)
		s.Start()
		time.Sleep(time.Second)
		s.Received([]byte("1\n2\n3\n"))
		size := len("reply 1\n")
		steps := []struct {
			bytes, messages int
		}{{0, 0}, {size - 1, 0}, {1, 1}, {size + 1, 2}}
		total := 0
		for _, step := range steps {
			if step.bytes > 0 {
				time.Sleep(9 * time.Second) // the peer reads, before limits.writeTimeout
				s.Sent(step.bytes)
			}
			total += step.bytes
			if s.messages.Sent != int64(step.messages) || s.bytes.Sent != int64(total) {
				t.Errorf("after %d bytes: %+v, %+v", total, s.messages, s.bytes)
			}
		}
		c.full = false
		s.Received([]byte("4\n"))
		if len(c.sent) != 1 {
			t.Errorf("sent %q while a part was held back", c.sent)
		}
		s.Sent(3*size - total)
		if got := strings.Join(c.sent, ""); got != replies(1, 4) {
			t.Errorf("sent %q", got)
		}
		if got := s.counted().Messages; got != (snapshot.Messages{Received: 4, Sent: 4}) {
			t.Errorf("counted %+v", got)
		}
	})
}

// What a peer has sent beyond what it may be promised is taken bit by bit as
// it reads. To copy the rest each time would take time with its square.
func TestWhatIsLeftIsNotCopiedForEachBit(t *testing.T) {
	const lines = 1000
	c := &conn{full: true}
	s, _ := newSession(t, c, func(s *spec.Server) { s.Limits.PendingReplies = 1 })
	s.Start()
	s.Received([]byte("first\n"))
	s.Received([]byte(strings.Repeat("m\n", lines)))
	if len(s.unread) != 2*(lines-1) || !s.paused {
		t.Fatalf("%d bytes are left, reading paused: %t", len(s.unread), s.paused)
	}
	last := &s.unread[len(s.unread)-1]
	for range 100 {
		before := len(s.unread)
		s.Sent(len(c.sent[len(c.sent)-1]))
		if len(s.unread) != before-2 || &s.unread[len(s.unread)-1] != last {
			t.Fatalf("%d bytes are left of %d, copied: %t", len(s.unread), before, &s.unread[len(s.unread)-1] != last)
		}
	}
	c.full = false
	for s.writing > 0 {
		s.Sent(s.writing)
	}
	if got := strings.Join(c.sent, ""); got != replies(1, lines+1) || s.unread != nil || s.paused {
		t.Errorf("%d bytes were sent, %d are left, paused %t", len(got), len(s.unread), s.paused)
	}
}

func TestRepliesBeforeAMessageThatIsTooLarge(t *testing.T) {
	c := &conn{}
	s, _ := newSession(t, c, func(s *spec.Server) { s.Limits.MessageBytes = 4 })
	s.Start()
	s.Received([]byte("1\n2\nlarge\n3\n"))
	if got := strings.Join(c.sent, ""); got != replies(1, 2) || s.end.Reason != snapshot.MessageTooLarge {
		t.Errorf("sent %q, ended with %q", got, s.end.Reason)
	}
}
