package admin

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"tcp-operator.io/workload/snapshot"
	"tcp-operator.io/workload/verdict"
)

// NewServer returns an HTTP server for p, with bounds on what a peer may make
// it hold. It stays up while p drains.
func NewServer(p *Process) *http.Server {
	return &http.Server{
		Handler:           Handler(p),
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      30 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    16 << 10,
	}
}

// Handler serves the admin port of p. Every path reads, and none writes.
func Handler(p *Process) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", serveHealth)
	mux.HandleFunc("GET /readyz", p.serveReady)
	mux.Handle("GET /metrics", promhttp.HandlerFor(Registry(p), promhttp.HandlerOpts{EnableOpenMetrics: true}))
	mux.HandleFunc("GET "+snapshot.Path, p.serveSnapshot)
	mux.HandleFunc("GET "+snapshot.SessionsPath, p.serveSessions)
	return mux
}

// serveHealth says that the process can answer. It rests on nothing else: a
// peer's failure must not restart this one.
func serveHealth(w http.ResponseWriter, _ *http.Request) {
	fmt.Fprintln(w, "ok")
}

func (p *Process) serveReady(w http.ResponseWriter, _ *http.Request) {
	s := p.counters()
	if !s.Ready {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	fmt.Fprintln(w, readiness(s))
}

// readiness says in words why the process is ready, or why not.
func readiness(s snapshot.Snapshot) string {
	switch {
	case s.Draining:
		return "not ready: draining"
	case s.Ready:
		return "ok"
	case s.Role == snapshot.Server:
		return "not ready: not listening"
	case s.Verdict != string(verdict.Met):
		return "not ready: " + s.Verdict
	}
	return fmt.Sprintf("not ready: %d of %d sessions established", s.Sessions.Open, s.Sessions.Desired)
}

func (p *Process) serveSnapshot(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, p.Snapshot())
}

func (p *Process) serveSessions(w http.ResponseWriter, r *http.Request) {
	limit, err := parameter(r, "limit", snapshot.MaxListed)
	if err == nil && (limit < 1 || limit > snapshot.MaxListed) {
		err = fmt.Errorf("limit: %d is out of range: write 1 to %d", limit, snapshot.MaxListed)
	}
	after, err2 := parameter(r, "after", 0)
	if err == nil {
		err = err2
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	writeJSON(w, p.Sessions(after, int(limit)))
}

func parameter(r *http.Request, name string, absent uint64) (uint64, error) {
	value := r.URL.Query().Get(name)
	if value == "" {
		return absent, nil
	}
	n, err := strconv.ParseUint(value, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%s: %q is not a whole number", name, value)
	}
	return n, nil
}

func writeJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	_ = e.Encode(v) // fails only when the reader has gone
}
