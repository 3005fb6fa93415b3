package observed

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"tcp-operator.io/workload/snapshot"
)

// valid is a client's snapshot with one outage and a failed attempt.
func valid() snapshot.Snapshot {
	now := time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
	return snapshot.Snapshot{
		Version: snapshot.Version, Role: snapshot.Client, Instance: "i", StartTime: now, ObservedTime: now,
		Sessions: snapshot.Sessions{Desired: 1, Opened: 1, Lost: 1},
		Outages: []snapshot.Outage{{
			StartTime: now, Phase: snapshot.PhaseSession, Reason: snapshot.PeerReset, ClosedBy: snapshot.Peer, LocalAddress: "10.0.0.7:1",
		}},
		LastFailure: &snapshot.Failure{Time: now, Phase: snapshot.PhaseConnect, Reason: snapshot.Refused},
	}
}

func encode(t testing.TB, v any) []byte {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// changed is the valid snapshot with other fields, by path.
func changed(t testing.TB, fields map[string]any) []byte {
	t.Helper()
	var content map[string]any
	if err := json.Unmarshal(encode(t, valid()), &content); err != nil {
		t.Fatal(err)
	}
	for path, value := range fields {
		at, name := content, path
		for part, rest, nested := strings.Cut(name, "."); nested; part, rest, nested = strings.Cut(name, ".") {
			if list, ok := at[part].([]any); ok {
				at = list[0].(map[string]any)
			} else {
				at = at[part].(map[string]any)
			}
			name = rest
		}
		at[name] = value
	}
	return encode(t, content)
}

const noSense = "answered with a snapshot that makes no sense"

// refused are changes of a snapshot that no status could carry.
var refused = map[string]map[string]any{
	"a wrong role":                       {"role": "Server"},
	"an unknown role":                    {"role": ""},
	"negative counters":                  {"messages.received": -1},
	"negative sessions":                  {"sessions.open": -5},
	"negative attempts that showed":      {"sessions.blocked": -1},
	"counters beyond all sums":           {"messages.sent": int64(1)<<53 + 1},
	"an unknown reason":                  {"outages.reason": "Sunspots"},
	"no reason":                          {"outages.reason": ""},
	"an unknown phase":                   {"outages.phase": "Sleep"},
	"an unknown side":                    {"outages.closedBy": "Nobody"},
	"an unknown reason of an attempt":    {"lastFailure.reason": "Sunspots"},
	"an unknown phase of an attempt":     {"lastFailure.phase": "Sleep"},
	"a long address":                     {"outages.remoteAddress": strings.Repeat("x", 65)},
	"a negative duration":                {"outages.durationMilliseconds": -1},
	"a duration beyond all clocks":       {"outages.durationMilliseconds": int64(1) << 52},
	"a negative age":                     {"outages.sessionAgeSeconds": -1},
	"negative attempts":                  {"outages.attempts": -1},
	"an outage without a beginning":      {"outages.startTime": "0001-01-01T00:00:00Z"},
	"an outage that ends before it":      {"outages.endTime": "2026-03-04T11:59:59Z"},
	"an outage that began in year 0":     {"outages.startTime": "0000-01-01T00:00:00Z"},
	"an outage that began in year -1":    {"outages.startTime": "0000-01-01T00:00:00+14:00"},
	"an outage that began before clocks": {"outages.startTime": "1969-12-31T23:59:59Z"},
	"an outage that ends in year 10000":  {"outages.endTime": "9999-12-31T23:59:59-14:00"},
	"more outages than there may be":     {"outages": make([]any, snapshot.MaxOutages+1)},
	"an address that is none":            {"outages.localAddress": "10.0.0.7"},
	"an address that paints":             {"outages.localAddress": "[fe80::1%\x1b[31m]:1"},
	"an instance that paints":            {"instance": "i\x1b[2J"},
	"a target of two lines":              {"target": "h:1\nReady"},
	"a verdict of two words":             {"verdict": "all well"},
	"listening at a name":                {"listenAddresses": []string{"example.com:80"}},
	"listening everywhere":               {"listenAddresses": make([]string, 17)},
	"negative bytes":                     {"bytes.sent": -1},
	"a negative round trip":              {"roundTrip": map[string]any{"p50Microseconds": -1}},
	"a negative number of the kernel's":  {"tcp": map[string]any{"maxRoundTripMicroseconds": -1}},
	"a message without end":              {"lastFailure.message": strings.Repeat("x", 1025)},
	"more reasons than there are":        {"closes": manyReasons()},
}

func manyReasons() map[string]int {
	all := map[string]int{}
	for i := range 65 {
		all[fmt.Sprint("Reason", i)] = i
	}
	return all
}

func TestParseRefusesWhatStatusCannotCarry(t *testing.T) {
	for name, fields := range refused {
		if _, err := snapshot.Parse(changed(t, fields), snapshot.Client); err == nil || err.Error() != noSense {
			t.Errorf("%s: error is %v, want %q", name, err, noSense)
		}
	}
	if _, err := snapshot.Parse(encode(t, valid()), snapshot.Client); err != nil {
		t.Errorf("a valid snapshot is refused: %v", err)
	}
	for _, reason := range append(snapshot.CloseReasons(), snapshot.FailureReasons()...) {
		if _, err := snapshot.Parse(changed(t, map[string]any{"outages.reason": reason}), snapshot.Client); err != nil {
			t.Errorf("reason %s is refused: %v", reason, err)
		}
	}
}

func TestParseOtherAnswers(t *testing.T) {
	for name, c := range map[string]struct {
		body []byte
		want string
	}{
		"nothing":           {nil, "answered with something that is no snapshot"},
		"a page":            {[]byte("<html>"), "answered with something that is no snapshot"},
		"half a snapshot":   {encode(t, valid())[:100], "answered with something that is no snapshot"},
		"two snapshots":     {append(encode(t, valid()), encode(t, valid())...), "answered with something that is no snapshot"},
		"a deep nest":       {[]byte(strings.Repeat("[", snapshot.MaxBytes)), "answered with something that is no snapshot"},
		"an empty object":   {[]byte("{}"), "answered with snapshot version 0, want 1"},
		"a newer version":   {changed(t, map[string]any{"version": 2}), "answered with snapshot version 2, want 1"},
		"a byte too many":   {make([]byte, snapshot.MaxBytes+1), "answered with more than 65536 bytes"},
		"a number as text":  {changed(t, map[string]any{"sessions.open": "1"}), "answered with something that is no snapshot"},
		"a number too long": {[]byte(`{"version": 1e99}`), "answered with something that is no snapshot"},
	} {
		if _, err := snapshot.Parse(c.body, snapshot.Client); err == nil || err.Error() != c.want {
			t.Errorf("%s: error is %v, want %q", name, err, c.want)
		}
	}
}

// TestFetch asks servers on the loopback that do all the wrong things.
func TestFetch(t *testing.T) {
	answer := func(body []byte) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(body) }
	}
	good := encode(t, valid())
	for name, c := range map[string]struct {
		handler http.HandlerFunc
		want    string
	}{
		"a snapshot":   {answer(good), ""},
		"garbage":      {answer([]byte("garbage")), "answered with something that is no snapshot"},
		"not found":    {http.NotFound, "answered with HTTP status 404"},
		"an error":     {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) }, "answered with HTTP status 500"},
		"a redirect":   {http.RedirectHandler("http://192.0.2.1/", http.StatusFound).ServeHTTP, "answered with HTTP status 302"},
		"no content":   {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) }, "answered with HTTP status 204"},
		"a broken off": {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, "not reachable"},
		"a short body": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "999")
			_, _ = w.Write(good[:10])
		}, "not reachable"},
		"long headers": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Long", strings.Repeat("x", 32<<10))
		}, "not reachable"},
	} {
		server := httptest.NewServer(c.handler)
		_, err := fetch(t.Context(), newHTTPClient(), server.URL, snapshot.Client)
		if got := fmt.Sprint(err); got != c.want && (err != nil || c.want != "") {
			t.Errorf("%s: error is %q, want %q", name, got, c.want)
		}
		server.Close()
		if _, err := fetch(t.Context(), newHTTPClient(), server.URL, snapshot.Client); fmt.Sprint(err) != "not reachable" {
			t.Errorf("a closed server: error is %v", err)
		}
	}
}

func TestFetchNeedsLittleMemoryForMuchBody(t *testing.T) {
	endless := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil {
			if _, err := w.Write(make([]byte, 1<<20)); err != nil {
				return
			}
		}
	}))
	defer endless.Close()
	web := newHTTPClient()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := fetch(t.Context(), web, endless.URL, snapshot.Client)
	runtime.ReadMemStats(&after)
	if want := "answered with more than 65536 bytes"; fmt.Sprint(err) != want {
		t.Errorf("error is %v, want %q", err, want)
	}
	if taken := after.TotalAlloc - before.TotalAlloc; taken > 64<<20 {
		t.Errorf("reading took %d bytes", taken)
	}
}

// TestFetchGivesUp uses a network in memory, so that time can be faked.
func TestFetchGivesUp(t *testing.T) {
	for name, serve := range map[string]func(net.Conn){
		"a pod that never answers":  func(c net.Conn) { _, _ = io.Copy(io.Discard, c) },
		"a pod that answers slowly": slowly,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var pod sync.WaitGroup
				defer pod.Wait() // time stands still once the test has ended
				web := newHTTPClient()
				web.Transport.(*http.Transport).DialContext = func(context.Context, string, string) (net.Conn, error) {
					ours, theirs := net.Pipe()
					pod.Go(func() {
						defer theirs.Close()
						serve(theirs)
					})
					return ours, nil
				}
				begin := time.Now()
				_, err := fetch(t.Context(), web, "http://pod/", snapshot.Client)
				if want := "no answer within 2s"; fmt.Sprint(err) != want || time.Since(begin) != fetchTimeout {
					t.Errorf("error is %v after %s, want %q after %s", err, time.Since(begin), want, fetchTimeout)
				}
			})
		})
	}
}

// slowly reads the request and answers one byte a second.
func slowly(c net.Conn) {
	if _, err := http.ReadRequest(bufio.NewReader(c)); err != nil {
		return
	}
	for _, b := range []byte("HTTP/1.1 200 OK\r\n\r\n" + strings.Repeat(" ", 100)) {
		if _, err := c.Write([]byte{b}); err != nil {
			return
		}
		time.Sleep(time.Second)
	}
}
