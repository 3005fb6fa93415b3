// Package template expands the texts that a session sends. It is pure: what a
// text becomes depends on its Values alone.
package template

import (
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// TimeLayout is how {time} is written, in the process's time zone.
const TimeLayout = "2006-01-02 15:04:05"

// Values are what the placeholders of one message stand for. They may be used
// again for the next message, by one goroutine at a time.
type Values struct {
	Time     time.Time // {time}: when the answered message came, or when a greeting is sent
	Session  ID        // {session}: the session's id
	Sequence int64     // {sequence}: number of the message among those its session sends, from 1
	Pod      string    // {pod}: the pod's name; the host's outside Kubernetes
	// {peer}: the peer's address and port
	Peer netip.AddrPort

	stamp   string // stamped, written out
	stamped time.Time
}

// appendTime appends v.Time. Many messages fall into one second, and Values
// that are used again remember what it looks like.
func (v *Values) appendTime(b []byte) []byte {
	if v.stamp == "" || v.stamped.Unix() != v.Time.Unix() || v.stamped.Location() != v.Time.Location() {
		v.stamp, v.stamped = v.Time.Format(TimeLayout), v.Time
	}
	return append(b, v.stamp...)
}

// An ID names a session among all sessions of all processes. It is kept in
// two parts because few ever read it as text.
type ID struct {
	Instance string // of the process
	Number   uint64 // of the session within it
}

// Append appends id as text.
func (id ID) Append(b []byte) []byte {
	return strconv.AppendUint(append(append(b, id.Instance...), '-'), id.Number, 36)
}

func (id ID) String() string { return string(id.Append(nil)) }

// appenders knows every placeholder.
var appenders = map[string]func([]byte, *Values) []byte{
	"{time}":     func(b []byte, v *Values) []byte { return v.appendTime(b) },
	"{session}":  func(b []byte, v *Values) []byte { return v.Session.Append(b) },
	"{sequence}": func(b []byte, v *Values) []byte { return strconv.AppendInt(b, v.Sequence, 10) },
	"{pod}":      func(b []byte, v *Values) []byte { return append(b, v.Pod...) },
	"{peer}":     func(b []byte, v *Values) []byte { return v.Peer.AppendTo(b) },
}

// A Template is a parsed text. The zero value is the empty text. It is safe
// for use by several goroutines at once.
type Template struct{ parts []part }

// A part is literal text, or a placeholder when expand is set.
type part struct {
	literal string
	expand  func([]byte, *Values) []byte
}

// Parse reads text. It cannot fail: braces that enclose no known placeholder
// are literal.
func Parse(text string) Template {
	var t Template
	for text != "" {
		start, end, expand := nextPlaceholder(text)
		if start > 0 {
			t.parts = append(t.parts, part{literal: text[:start]})
		}
		if expand != nil {
			t.parts = append(t.parts, part{expand: expand})
		}
		text = text[end:]
	}
	return t
}

// nextPlaceholder finds the first placeholder of text, or its end.
func nextPlaceholder(text string) (start, end int, expand func([]byte, *Values) []byte) {
	for from := 0; ; {
		open := strings.IndexByte(text[from:], '{')
		if open < 0 {
			return len(text), len(text), nil
		}
		start = from + open
		if shut := strings.IndexByte(text[start:], '}'); shut > 0 {
			end = start + shut + 1
			if expand = appenders[text[start:end]]; expand != nil {
				return start, end, expand
			}
		}
		from = start + 1
	}
}

// Empty reports whether the text is empty: such a message is not sent.
func (t Template) Empty() bool { return len(t.parts) == 0 }

// Append appends the text with v in place of its placeholders.
func (t Template) Append(b []byte, v *Values) []byte {
	for _, p := range t.parts {
		if p.expand != nil {
			b = p.expand(b, v)
		} else {
			b = append(b, p.literal...)
		}
	}
	return b
}
