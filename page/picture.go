package page

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"tcp-operator.io/topology"
)

const (
	// shared is how long one drawing serves everybody who asks.
	shared = time.Second
	// rateMemory is how long counters serve to compute a rate. After a longer
	// time without readers the rate would be that of a past that nobody saw.
	rateMemory = 15 * time.Second
)

// topologyAnswer is the JSON of the picture. Its time is the answer's Date: so
// it changes only when what it shows does.
type topologyAnswer struct {
	Servers []topology.Server `json:"servers"`
	Clients []topology.Client `json:"clients"`
	// Live tells that numbers come from the pods; else they are those of the
	// resources' statuses, which may be 75 seconds old.
	Live bool `json:"live"`
}

// picture serves the graph. It draws when asked, once for all who ask within
// the same second.
type picture struct {
	source Source

	mu    sync.Mutex
	meter topology.Meter
	last  drawing
}

// drawing is an encoded graph.
type drawing struct {
	time          time.Time
	etag          string
	plain, zipped []byte
}

func (p *picture) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	d, err := p.draw(r.Context())
	if err != nil {
		fail(w, err)
		return
	}
	h := w.Header()
	h.Set("ETag", d.etag)
	h.Set("Vary", "Accept-Encoding")
	if slices.Contains(tags(r), d.etag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	body := d.plain
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		h.Set("Content-Encoding", "gzip")
		body = d.zipped
	}
	h.Set("Content-Type", jsonType)
	_, _ = w.Write(body) // fails only when the reader has gone
}

// tags are the drawings that the reader has.
func tags(r *http.Request) []string {
	all := strings.Split(r.Header.Get("If-None-Match"), ",")
	for i, tag := range all {
		all[i] = strings.TrimSpace(tag)
	}
	return all
}

// draw returns a drawing that is young enough.
func (p *picture) draw(ctx context.Context) (drawing, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	if now.Sub(p.last.time) < shared {
		return p.last, nil
	}
	if now.Sub(p.last.time) > rateMemory {
		p.meter = topology.Meter{}
	}
	seen, live, err := p.source.Look(ctx)
	if err != nil {
		return drawing{}, err
	}
	seen.Time = now
	graph := topology.Draw(seen, &p.meter)
	d, err := encode(topologyAnswer{Servers: graph.Servers, Clients: graph.Clients, Live: live})
	if err != nil {
		return drawing{}, err
	}
	d.time = now
	p.last = d
	return d, nil
}

func encode(a topologyAnswer) (drawing, error) {
	plain, err := json.Marshal(a)
	if err != nil {
		return drawing{}, err
	}
	var zipped bytes.Buffer
	zip, _ := gzip.NewWriterLevel(&zipped, gzip.BestSpeed) // the level exists
	_, _ = zip.Write(plain)                                // a buffer takes all
	_ = zip.Close()
	sum := sha256.Sum256(plain)
	return drawing{etag: `W/"` + hex.EncodeToString(sum[:16]) + `"`, plain: plain, zipped: zipped.Bytes()}, nil
}
