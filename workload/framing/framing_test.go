package framing

import (
	"bytes"
	"encoding/binary"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tcp-operator.io/workload/spec"
)

// feed gives the chunks to f one after the other, as a session does, and
// returns the messages and what is left.
func feed(f Framer, chunks ...[]byte) (messages []string, rest []byte, err error) {
	for _, chunk := range chunks {
		seen := len(rest)
		rest = append(rest, chunk...)
		for len(rest) > 0 {
			message, size, err := f.Next(rest, seen)
			if err != nil {
				return messages, rest, err
			}
			if size == 0 {
				break
			}
			messages = append(messages, string(message))
			rest, seen = rest[size:], 0
		}
	}
	return messages, rest, nil
}

func byteByByte(data []byte) (chunks [][]byte) {
	for i := range data {
		chunks = append(chunks, data[i:i+1])
	}
	return chunks
}

func TestNext(t *testing.T) {
	prefixed := func(messages ...string) string {
		var b []byte
		for _, m := range messages {
			b = Framer{Kind: spec.FramingLengthPrefixed}.Append(b, []byte(m))
		}
		return string(b)
	}
	tests := []struct {
		name  string
		kind  spec.Framing
		limit int
		input string
		want  []string
		rest  string
		err   error
	}{
		{"lines end at LF", spec.FramingLine, 9, "a\nbc\n", []string{"a", "bc"}, "", nil},
		{"lines end at CRLF", spec.FramingLine, 9, "a\r\n\r\nb\r\n", []string{"a", "", "b"}, "", nil},
		{"a CR within a line stays", spec.FramingLine, 9, "a\rb\n", []string{"a\rb"}, "", nil},
		{"only one CR belongs to the line's end", spec.FramingLine, 9, "a\r\r\n", []string{"a\r"}, "", nil},
		{"an unfinished line waits", spec.FramingLine, 9, "a\nbc", []string{"a"}, "bc", nil},
		{"a line of exactly the limit", spec.FramingLine, 3, "abc\r\n", []string{"abc"}, "", nil},
		{"a line over the limit", spec.FramingLine, 3, "ok\nabcd\n", []string{"ok"}, "", ErrTooLarge},
		{"a line that never ends", spec.FramingLine, 3, "abcd", nil, "", ErrTooLarge},
		{"prefixed", spec.FramingLengthPrefixed, 9, prefixed("a", "", "bc"), []string{"a", "", "bc"}, "", nil},
		{"an unfinished prefix waits", spec.FramingLengthPrefixed, 9, "\x00\x00", nil, "\x00\x00", nil},
		{"an unfinished message waits", spec.FramingLengthPrefixed, 9, "\x00\x00\x00\x02a", nil, "\x00\x00\x00\x02a", nil},
		{"a length over the limit", spec.FramingLengthPrefixed, 9, "\x00\x00\x00\x0a", nil, "", ErrTooLarge},
		{"the largest length", spec.FramingLengthPrefixed, 9, "\xff\xff\xff\xff", nil, "", ErrTooLarge},
	}
	for _, tt := range tests {
		f := Framer{Kind: tt.kind, Limit: tt.limit}
		for slicing, chunks := range map[string][][]byte{"whole": {[]byte(tt.input)}, "byte by byte": byteByByte([]byte(tt.input))} {
			t.Run(tt.name+", "+slicing, func(t *testing.T) {
				got, rest, err := feed(f, chunks...)
				if diff := cmp.Diff(tt.want, got); diff != "" {
					t.Errorf("messages (-want +got):\n%s", diff)
				}
				if !errors.Is(err, tt.err) {
					t.Errorf("error: got %v, want %v", err, tt.err)
				}
				if err == nil && string(rest) != tt.rest {
					t.Errorf("rest: got %q, want %q", rest, tt.rest)
				}
			})
		}
	}
}

func TestNoneCarriesACutCharacter(t *testing.T) {
	tests := []struct {
		name   string
		chunks []string
		want   []string
		rest   string
	}{
		{"whole", []string{"héllo"}, []string{"héllo"}, ""},
		{"cut after one of two bytes", []string{"h\xc3", "\xa9llo"}, []string{"h", "éllo"}, ""},
		{"cut after three of four bytes", []string{"\xf0\x9f\x98", "\x80"}, []string{"😀"}, ""},
		{"one byte at a time", []string{"\xe2", "\x82", "\xac", "!"}, []string{"€", "!"}, ""},
		{"a byte that begins nothing is not carried", []string{"a\xff"}, []string{"a\xff"}, ""},
		{"a lone continuation is not carried", []string{"\x80"}, []string{"\x80"}, ""},
		{"what does not go on is one exception", []string{"\xe2", "abc"}, []string{"\xe2abc"}, ""},
		{"the stream ends within a character", []string{"a\xe2\x82"}, []string{"a"}, "\xe2\x82"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var chunks [][]byte
			for _, c := range tt.chunks {
				chunks = append(chunks, []byte(c))
			}
			got, rest, err := feed(Framer{Kind: spec.FramingNone, Limit: 64}, chunks...)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("messages (-want +got):\n%s", diff)
			}
			if string(rest) != tt.rest {
				t.Errorf("rest: got %q, want %q", rest, tt.rest)
			}
		})
	}
}

// FuzzSlicing: however a stream is sliced, the framed modes find the same
// messages, and none above the limit.
func FuzzSlicing(f *testing.F) {
	f.Add([]byte("hello\nworld\r\n\r\n"), uint8(1), uint8(3), false)
	f.Add([]byte("\x00\x00\x00\x03abc\x00\x00\x00\x00"), uint8(2), uint8(5), true)
	f.Add([]byte("\xff\xff\xff\xffx"), uint8(3), uint8(1), true)
	f.Add([]byte(strings.Repeat("\r", 40)+"\n"), uint8(7), uint8(2), false)
	f.Fuzz(func(t *testing.T, data []byte, first, step uint8, prefixed bool) {
		framer := Framer{Kind: spec.FramingLine, Limit: 32}
		if prefixed {
			framer.Kind = spec.FramingLengthPrefixed
		}
		var chunks [][]byte
		for i, size := 0, int(first); i < len(data); size = int(step)%17 + 1 {
			end := min(len(data), i+size)
			chunks = append(chunks, data[i:end])
			i = end
		}
		want, wantRest, wantErr := feed(framer, data)
		got, gotRest, gotErr := feed(framer, chunks...)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("messages (-whole +sliced):\n%s", diff)
		}
		if (wantErr == nil) != (gotErr == nil) {
			t.Errorf("error: whole %v, sliced %v", wantErr, gotErr)
		}
		if wantErr == nil && !bytes.Equal(wantRest, gotRest) {
			t.Errorf("rest: whole %q, sliced %q", wantRest, gotRest)
		}
		for _, m := range got {
			if len(m) > framer.Limit {
				t.Errorf("a message of %d bytes passed the limit of %d", len(m), framer.Limit)
			}
		}
	})
}

// FuzzNone: with framing None no byte is lost, added or reordered, and what
// is carried over is at most three bytes.
func FuzzNone(f *testing.F) {
	f.Add([]byte("h\xc3\xa9llo \xf0\x9f\x98\x80"), uint8(1))
	f.Add([]byte("\xff\xfe\xc3"), uint8(2))
	f.Fuzz(func(t *testing.T, data []byte, step uint8) {
		var chunks [][]byte
		for rest := data; len(rest) > 0; {
			n := min(len(rest), int(step)%9+1)
			chunks, rest = append(chunks, rest[:n]), rest[n:]
		}
		messages, rest, err := feed(Framer{Kind: spec.FramingNone, Limit: 64}, chunks...)
		if err != nil || len(rest) > 3 {
			t.Fatalf("rest %q, error %v", rest, err)
		}
		if got := strings.Join(messages, "") + string(rest); got != string(data) {
			t.Errorf("got %q, want %q", got, data)
		}
	})
}

func TestAppendIsWhatNextReads(t *testing.T) {
	for _, kind := range []spec.Framing{spec.FramingLine, spec.FramingLengthPrefixed} {
		f := Framer{Kind: kind, Limit: 16}
		wire := f.Append(f.Append(nil, []byte("one")), nil)
		got, rest, err := feed(f, wire)
		if diff := cmp.Diff([]string{"one", ""}, got); diff != "" || len(rest) > 0 || err != nil {
			t.Errorf("%s: %s rest %q, error %v", kind, diff, rest, err)
		}
	}
	if got := (Framer{Kind: spec.FramingLengthPrefixed}).Append(nil, make([]byte, 300)); binary.BigEndian.Uint32(got) != 300 {
		t.Errorf("prefix: got % x", got[:4])
	}
}

// TestEveryCut cuts a stream of several messages at every two places, those
// within a prefix, a character and a CRLF among them.
func TestEveryCut(t *testing.T) {
	for kind, stream := range map[spec.Framing]string{
		spec.FramingLine:           "h\u00e9llo\r\n\n\rb\r\r\nlast\nrest",
		spec.FramingLengthPrefixed: "\x00\x00\x00\x03abc\x00\x00\x00\x00\x00\x00\x00\x02\u00e9\x00\x00",
	} {
		f := Framer{Kind: kind, Limit: 16}
		want, rest, err := feed(f, []byte(stream))
		if err != nil || len(want) < 3 {
			t.Fatalf("%s: %q, %v", kind, want, err)
		}
		for i := range len(stream) {
			for j := i; j <= len(stream); j++ {
				got, left, err := feed(f, []byte(stream[:i]), []byte(stream[i:j]), []byte(stream[j:]))
				if !cmp.Equal(want, got) || string(left) != string(rest) || err != nil {
					t.Errorf("%s cut at %d and %d: %q and %q, %v; want %q and %q", kind, i, j, got, left, err, want, rest)
				}
			}
		}
	}
}
