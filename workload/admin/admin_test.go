package admin

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	dto "github.com/prometheus/client_model/go"
	"go.uber.org/goleak"

	"tcp-operator.io/workload/memnet"
	"tcp-operator.io/workload/server"
	"tcp-operator.io/workload/session"
	"tcp-operator.io/workload/snapshot"
	"tcp-operator.io/workload/spec"
	"tcp-operator.io/workload/stats"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var update = flag.Bool("update", false, "write the golden files anew")

// newProcess returns a server's process that serves nobody.
func newProcess() *Process {
	s := &server.Server{Config: session.ServerConfig(spec.DefaultServer()), MaxSessions: 10}
	p := &Process{Role: snapshot.Server, Instance: "test", Start: time.Now(), Stats: stats.New(), Part: s}
	s.Config.Stats, s.Config.Log, s.Config.Instance = p.Stats, slog.New(slog.DiscardHandler), p.Instance
	return p
}

// series lists every series of ours as name{label=value}, histograms by name.
func series(t *testing.T, p *Process) (lines []string) {
	t.Helper()
	families, err := Registry(p).Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if !strings.HasPrefix(f.GetName(), "tcpworkload_") {
			continue
		}
		for _, m := range f.GetMetric() {
			var labels []string
			for _, l := range m.GetLabel() {
				labels = append(labels, fmt.Sprintf("%s=%s", l.GetName(), l.GetValue()))
			}
			lines = append(lines, fmt.Sprintf("%s %s{%s}", strings.ToLower(f.GetType().String()), f.GetName(), strings.Join(labels, ",")))
		}
	}
	return lines
}

// TestMetricNames holds the names and labels to a list: to change one breaks
// dashboards. All series are there before anything has happened.
func TestMetricNames(t *testing.T) {
	const golden = "testdata/metrics.txt"
	got := strings.Join(series(t, newProcess()), "\n") + "\n"
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("go test -update writes %s anew (-want +got):\n%s", golden, diff)
	}
}

func TestMetricsPassPromlint(t *testing.T) {
	problems, err := testutil.GatherAndLint(Registry(newProcess()))
	if err != nil {
		t.Fatal(err)
	}
	for _, problem := range problems {
		t.Errorf("%s: %s", problem.Metric, problem.Text)
	}
}

func TestHistogramsAreClassicAndNative(t *testing.T) {
	p := newProcess()
	p.Stats.RoundTrip.Observe(5 * time.Second)
	for _, h := range []prometheus.Histogram{p.Stats.RoundTrip.Prometheus, p.Stats.Age.Prometheus, p.Stats.TCP.RoundTrip} {
		var m dto.Metric
		if err := h.Write(&m); err != nil {
			t.Fatal(err)
		}
		if m.Histogram.Schema == nil || len(m.Histogram.Bucket) == 0 {
			t.Errorf("%s: classic buckets %d, native schema %v", h.Desc(), len(m.Histogram.Bucket), m.Histogram.Schema)
		}
	}
}

// TestSnapshotIsBounded fills what can grow: the distribution of round trips.
func TestSnapshotIsBounded(t *testing.T) {
	p := newProcess()
	for d := time.Microsecond; d < 3*time.Hour; d += d/300 + 1 {
		for range 1 + int(d%7) {
			p.Stats.RoundTrip.Observe(d)
		}
	}
	text, err := json.Marshal(p.Snapshot())
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d bytes with every bucket in use", len(text))
	if len(text) > snapshot.MaxBytes/2 { // outages and names take their part
		t.Errorf("%d bytes", len(text))
	}
}

// A summary of round trips costs a compression: it is for those who read it.
func TestProbesAndMetricsSumUpNoRoundTrips(t *testing.T) {
	p := newProcess()
	p.Stats.RoundTrip.Observe(5 * time.Second)
	if probe, scrape := p.counters(), p.measured(); probe.RoundTrip != nil || scrape.RoundTrip != nil || scrape.TCP == nil {
		t.Errorf("a probe sees %+v, metrics %+v", probe.RoundTrip, scrape.RoundTrip)
	}
	if got := p.Snapshot().RoundTrip; got == nil || got.Count != 1 || got.Histogram == "" {
		t.Errorf("a snapshot has %+v", got)
	}
}

func ask(p *Process, method, path string) *httptest.ResponseRecorder {
	r := httptest.NewRecorder()
	Handler(p).ServeHTTP(r, httptest.NewRequest(method, path, nil))
	return r
}

func TestEndpoints(t *testing.T) {
	p := newProcess()
	tests := []struct {
		method, path string
		code         int
		body         string
	}{
		{"GET", "/healthz", 200, "^ok\n$"},
		{"GET", "/readyz", 503, "^not ready: not listening\n$"},
		{"GET", "/v1/snapshot", 200, `"version": 1,\n  "role": "Server"`},
		{"GET", "/v1/sessions", 200, `"sessions": \[\]`},
		{"GET", "/v1/sessions?limit=0", 400, "^limit: 0 is out of range: write 1 to 1000\n$"},
		{"GET", "/v1/sessions?after=x", 400, `^after: "x" is not a whole number\n$`},
		{"GET", "/metrics", 200, "tcpworkload_sessions 0\n"},
		{"POST", "/v1/snapshot", 405, ""},
		{"GET", "/debug/pprof/", 404, ""},
	}
	for _, tt := range tests {
		r := ask(p, tt.method, tt.path)
		if r.Code != tt.code || !regexp.MustCompile(tt.body).MatchString(r.Body.String()) {
			t.Errorf("%s %s: %d %s", tt.method, tt.path, r.Code, r.Body)
		}
	}
}

// TestOneSource: what is read from the list, the snapshot and the metrics is
// the same.
func TestOneSource(t *testing.T) { synctest.Test(t, testOneSource) }

func testOneSource(t *testing.T) {
	p := newProcess()
	s := p.Part.(*server.Server)
	var network memnet.Network
	l, err := network.Listen("10.0.0.9:9527")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error)
	go func() { served <- s.Serve(l) }()
	for range 3 {
		c, err := network.Dial(t.Context(), "tcp", "10.0.0.9:9527")
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
	}
	synctest.Wait()
	if got := p.Snapshot().Sessions.Open; got != 3 {
		t.Errorf("snapshot: %d", got)
	}
	if body := ask(p, "GET", "/metrics").Body.String(); !strings.Contains(body, "\ntcpworkload_sessions 3\n") {
		t.Errorf("metrics: %s", body)
	}
	var ids []string
	for path := "/v1/sessions?limit=2"; path != ""; {
		var list snapshot.SessionList
		if err := json.Unmarshal(ask(p, http.MethodGet, path).Body.Bytes(), &list); err != nil {
			t.Fatal(err)
		}
		for _, one := range list.Sessions {
			ids = append(ids, one.ID)
		}
		path = ""
		if list.Next > 0 {
			path = fmt.Sprintf("/v1/sessions?limit=2&after=%d", list.Next)
		}
	}
	if want := []string{"test-1", "test-2", "test-3"}; !slices.Equal(ids, want) {
		t.Errorf("sessions: %v", ids)
	}
	_ = s.Close()
	if err := <-served; !errors.Is(err, server.ErrServerClosed) {
		t.Error(err)
	}
}
