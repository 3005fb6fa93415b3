package template

import (
	"net/netip"
	"strings"
	"testing"
	"time"
)

var values = Values{
	Time:     time.Date(2026, 2, 3, 4, 5, 6, 7, time.UTC),
	Session:  ID{Instance: "4f2a", Number: 37},
	Sequence: 12,
	Pod:      "caller-5c",
	Peer:     netip.MustParseAddrPort("10.0.0.9:9527"),
}

func TestAppend(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"empty", "", ""},
		{"literal", "hello", "hello"},
		{"the classic greeting", "Hello server, I am the client {time}", "Hello server, I am the client 2026-02-03 04:05:06"},
		{"every placeholder", "{time}|{session}|{sequence}|{pod}|{peer}", "2026-02-03 04:05:06|4f2a-11|12|caller-5c|10.0.0.9:9527"},
		{"unknown names stay", "{nobody} {Time} {}", "{nobody} {Time} {}"},
		{"a brace before a placeholder stays", "{{pod}}", "{caller-5c}"},
		{"an open brace at the end stays", "{pod}{", "caller-5c{"},
		{"an unclosed placeholder stays", "{time", "{time"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := string(Parse(tt.text).Append(nil, &values)); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestValuesUsedAgain(t *testing.T) {
	v, text := values, Parse("{time}")
	for _, at := range []time.Time{values.Time, values.Time.Add(time.Second), values.Time, values.Time.In(time.FixedZone("", 3600)), {}} {
		v.Time = at
		if got, want := string(text.Append(nil, &v)), at.Format(TimeLayout); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestEmpty(t *testing.T) {
	if !Parse("").Empty() || !(Template{}).Empty() || Parse("{pod}").Empty() {
		t.Error("Empty must hold for the empty text only")
	}
}

// FuzzParse holds Parse to the plain definition: replace each placeholder,
// left to right, in one pass.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{"", "{time}", "{{time}}", "{session", "}{", "{sequence}{pod}{peer}", "a{b}c", "{{{pod}"} {
		f.Add(seed)
	}
	plain := strings.NewReplacer("{time}", "2026-02-03 04:05:06", "{session}", "4f2a-11",
		"{sequence}", "12", "{pod}", values.Pod, "{peer}", "10.0.0.9:9527")
	f.Fuzz(func(t *testing.T, text string) {
		got := string(Parse(text).Append(nil, &values))
		if want := plain.Replace(text); got != want {
			t.Errorf("Parse(%q): got %q, want %q", text, got, want)
		}
	})
}
