package spec

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestDefaultsAreValid(t *testing.T) {
	if err := DefaultServer().Validate(); err != nil {
		t.Errorf("server: %v", err)
	}
	c := DefaultClient()
	c.Address = Address{Host: "greeter", Port: DefaultPort}
	if err := c.Validate(); err != nil {
		t.Errorf("client: %v", err)
	}
}

func TestParseLaysJSONOverDefaults(t *testing.T) {
	got, err := ParseServer([]byte(`{"port": 7, "reply": {"delay": "0s"}, "limits": {"sessions": 2}}`))
	if err != nil {
		t.Fatal(err)
	}
	want := DefaultServer()
	want.Port, want.Reply.Delay, want.Limits.Sessions = 7, 0, 2
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestSettingsSurviveJSON(t *testing.T) {
	want := DefaultServer()
	data, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	got, err := ParseServer(data)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestParseNamesFieldAndRemedy(t *testing.T) {
	tests := []struct{ name, json, want string }{
		{"port out of range", `{"port": 70000}`, "port: 70000 is out of range: write 1 to 65535"},
		{"port of a wrong type", `{"port": "9527"}`, "port: is of type string: write a whole number of 32 bits"},
		{"port that is no int32", `{"port": 5000000000}`, "port: is of type number 5000000000: write a whole number of 32 bits"},
		{"group of a wrong type", `{"reply": 5}`, "reply: is of type number: write an object"},
		{"malformed duration", `{"reply": {"delay": "5 s"}}`, `reply.delay: "5 s" is not a duration: write for example 500ms, 5s, 1m30s or 1h`},
		{"number for a duration", `{"reply": {"delay": 5}}`, `reply.delay: is of type number: write a duration in quotes, such as "5s"`},
		{"duration above the bound", `{"reply": {"delay": "2h"}}`, "reply.delay: 2h is too long: write at most 1h"},
		{"unknown field", `{"prot": 1}`, `settings: unknown field "prot": remove it or mend its spelling`},
		{"not an object", `[]`, "settings: cannot unmarshal array into Go value of type spec.Server: write one JSON object such as {\"port\": 9527}"},
		{"cut off", `{"port": 1`, `settings: the JSON ends too soon: write one JSON object such as {"port": 9527}`},
		{"more than one object", `{} {}`, "settings: text follows the JSON object: remove it"},
		{"bind address", `{"bindAddress": "here"}`, `bindAddress: "here" is not an IP address: write one such as 10.0.0.7 or fd00::7, or leave it empty`},
		{"backlog", `{"backlog": 0}`, "backlog: 0 is out of range: write 1 to 65535"},
		{"greeting", `{"greeting": "` + strings.Repeat("x", 4097) + `"}`, "greeting: is 4097 bytes long: write at most 4096"},
		{"framing", `{"framing": "line"}`, `framing: "line" is not known: write None, Line or LengthPrefixed`},
		{"sessions", `{"limits": {"sessions": 0}}`, "limits.sessions: 0 is out of range: write 1 to 100000"},
		{"message size", `{"limits": {"messageBytes": 0}}`, "limits.messageBytes: 0 is out of range: write 1 to 1048576"},
		{"message size without framing", `{"limits": {"messageBytes": 65537}}`,
			"limits.messageBytes: 65537 is more than one read takes: write at most 65536, or set framing to Line or LengthPrefixed"},
		{"pending replies", `{"limits": {"pendingReplies": 0}}`, "limits.pendingReplies: 0 is out of range: write 1 to 65536"},
		{"nagle", `{"tcp": {"nagle": "off"}}`, `tcp.nagle: "off" is not known: write Enabled or Disabled`},
		{"keep-alive", `{"tcp": {"keepAlive": {"idle": "0s"}}}`, "tcp.keepAlive.idle: 0s is too short: write at least 1s"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := ParseServer([]byte(tt.json))
			if err == nil || err.Error() != tt.want {
				t.Errorf("got  %v\nwant %s", err, tt.want)
			}
		})
	}
}

func TestParseClientNamesFieldAndRemedy(t *testing.T) {
	const address = `"address": {"host": "a", "port": 1}`
	tests := []struct{ name, json, want string }{
		{"no host", `{"address": {"port": 1}}`, "address.host: is empty: write the server's name or IP address"},
		{"no port", `{"address": {"host": "a"}}`, "address.port: 0 is out of range: write 1 to 65535"},
		{"sessions", `{` + address + `, "sessions": 0}`, "sessions: 0 is out of range: write 1 to 10000"},
		{"timeout", `{` + address + `, "connect": {"timeout": "0s"}}`, "connect.timeout: 0s is too short: write at least 1ms"},
		{"delays in the wrong order", `{` + address + `, "reconnect": {"maxDelay": "1s"}}`,
			"reconnect.maxDelay: 1s is below initialDelay (30s): raise it or lower initialDelay"},
		{"jitter", `{` + address + `, "reconnect": {"jitterPercent": 101}}`, "reconnect.jitterPercent: 101 is out of range: write 0 to 100"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := ParseClient([]byte(tt.json))
			if err == nil || err.Error() != tt.want {
				t.Errorf("got  %v\nwant %s", err, tt.want)
			}
		})
	}
}

func TestDurationText(t *testing.T) {
	tests := []struct {
		text  string
		want  time.Duration
		again string
	}{
		{"0s", 0, "0s"}, {"500ms", 500 * time.Millisecond, "500ms"}, {"90s", 90 * time.Second, "1m30s"},
		{"1h30m", 90 * time.Minute, "1h30m"}, {"99999h", 99999 * time.Hour, "99999h"},
	}
	for _, tt := range tests {
		got, err := ParseDuration(tt.text)
		if err != nil || time.Duration(got) != tt.want || got.String() != tt.again {
			t.Errorf("%s: got %s (%v), error %v", tt.text, got, time.Duration(got), err)
		}
	}
	for _, text := range []string{"", "5", "-5s", "1.5s", "5 s", "5us", "100000s", "1h1h1h1h1h"} {
		if d, err := ParseDuration(text); err == nil {
			t.Errorf("%q passed as %s", text, d)
		}
	}
}

// FuzzParse: whatever JSON comes, Parse does not panic; what it accepts is
// valid and survives being written and read again.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{`{}`, `{"port":1}`, `{"reply":{"delay":"5s","text":"{time}"}}`, `{"limits":{"idleTimeout":"1h"}}`,
		`{"tcp":{"keepAlive":{"mode":"Enabled"}}}`, `{"framing":"Line","limits":{"messageBytes":1048576}}`, `[]`, `{"port":1e3}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := ParseServer(data)
		if err != nil {
			if s != (Server{}) {
				t.Errorf("an error comes with settings: %v", err)
			}
			return
		}
		again, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		back, err := ParseServer(again)
		if err != nil || back != s {
			t.Errorf("read back %+v, %v, want %+v", back, err, s)
		}
	})
}

// FuzzParseClient is FuzzParse for a client.
func FuzzParseClient(f *testing.F) {
	for _, seed := range []string{`{}`, `{"address":{"host":"a","port":1}}`, `{"address":{"host":"a","port":1},"expect":{"connect":"Blocked"}}`,
		`{"address":{"host":"a","port":1},"reconnect":{"initialDelay":"1s","maxDelay":"99999h"}}`, `null`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := ParseClient(data)
		if err != nil {
			if c != (Client{}) {
				t.Errorf("an error comes with settings: %v", err)
			}
			return
		}
		again, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		back, err := ParseClient(again)
		if err != nil || back != c {
			t.Errorf("read back %+v, %v, want %+v", back, err, c)
		}
	})
}

// FuzzDuration: what passes is bounded, and means the same when it is written
// and read again.
func FuzzDuration(f *testing.F) {
	for _, seed := range []string{"0s", "500ms", "1m30s", "99999h", "1h1h1h1h", "99999h1ms", "5", "-1s", "1.5s", ""} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, err := ParseDuration(text)
		if err != nil {
			return
		}
		if d < 0 || time.Duration(d) > maxDuration {
			t.Errorf("%q passed as %s", text, d)
		}
		if back, err := ParseDuration(d.String()); err != nil || back != d {
			t.Errorf("%q is written %s, and read as %s, %v", text, d, back, err)
		}
	})
}
