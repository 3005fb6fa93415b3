package session

import (
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"go.uber.org/goleak"
	"pgregory.net/rapid"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestQuote(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"plain", "Hello server", "'Hello server'"},
		{"other scripts", "héllo 世界", "'héllo 世界'"},
		{"quotes and backslashes", `it's \ "it"`, `'it\'s \\ "it"'`},
		{"a forged line", "x\nlevel=ERROR msg=forged", `'x\nlevel=ERROR msg=forged'`},
		{"a terminal escape", "\x1b[2J\x07", `'\x1b[2J\a'`},
		{"a C1 escape", "\u009b2J", `'\u009b2J'`},
		{"text that runs backwards", "\u202egnp", `'\u202egnp'`},
		{"a line separator", "\u2028", `'\u2028'`},
		{"bytes that are not UTF-8", "a\xff\x00", `'a\xff\x00'`},
		{"long", strings.Repeat("x", 300), "'" + strings.Repeat("x", 256) + "'... (44 bytes more)"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := Quote([]byte(tt.text)); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

// FuzzQuote: whatever a peer sends, the result is one line of printable text,
// bounded.
func FuzzQuote(f *testing.F) {
	for _, seed := range []string{"", "'", "\r\n", "\x1b]0;title\x07", "\xc3\x28", "\u2029\u200f"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, p []byte) {
		got := Quote(p)
		if len(got) > 10*quotedBytes+100 || !utf8.ValidString(got) {
			t.Errorf("%d bytes: %q", len(got), got)
		}
		for _, r := range got {
			if !unicode.IsPrint(r) {
				t.Errorf("%q holds %U", got, r)
			}
		}
	})
}

// TestQueueIsFirstInFirstOut compares a queue with a plain slice.
func TestQueueIsFirstInFirstOut(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var q queue
		var want []promise
		for i, push := range rapid.SliceOf(rapid.Bool()).Draw(t, "pushes") {
			switch {
			case push:
				p := promise{received: time.Unix(int64(i), 0), exception: i%2 == 0}
				q.push(p)
				want = append(want, p)
			case len(want) > 0:
				if got := q.first(); got != want[0] {
					t.Fatalf("first is %v, want %v", got, want[0])
				}
				q.pop()
				want = want[1:]
			}
			if q.len() != len(want) {
				t.Fatalf("length is %d, want %d", q.len(), len(want))
			}
			if len(want) == 0 && cap(q.items) > keptPromises {
				t.Fatalf("an empty queue keeps room for %d", cap(q.items))
			}
		}
	})
}
