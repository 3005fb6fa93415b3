package wire

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"sync"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
)

// Past is what an API server knew at one moment: for each path that was
// watched, the frames by which a watch would have begun then.
type Past map[string][]byte

// record follows what is watched at one path.
type record struct {
	mu      sync.Mutex
	objects map[string]json.RawMessage
	end     map[string]any // the object of the bookmark that ended the list
	version string
}

// Past is what the API server has said so far.
func (w *Wire) Past() (Past, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	past := Past{}
	for path, r := range w.records {
		text, err := r.frames()
		if err != nil {
			return nil, fmt.Errorf("keeping the past of %s: %w", path, err)
		}
		past[path] = text
	}
	return past, nil
}

// Return makes the API server one that lags: lists show the past, and nothing
// happens after it until Thaw.
func (w *Wire) Return(past Past) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.past, w.present = past, make(chan struct{})
}

// recordOf is the record of what r watches. A watch that begins with a list
// begins a new one.
func (w *Wire) recordOf(r *http.Request) *record {
	w.mu.Lock()
	defer w.mu.Unlock()
	known := w.records[r.URL.Path]
	if known == nil || lists(r) {
		known = &record{objects: map[string]json.RawMessage{}}
		if w.records == nil {
			w.records = map[string]*record{}
		}
		w.records[r.URL.Path] = known
	}
	return known
}

// pastOf is the answer to a watch that begins with a list, while the API
// server lags.
func (w *Wire) pastOf(r *http.Request) *http.Response {
	w.mu.Lock()
	defer w.mu.Unlock()
	text, known := w.past[r.URL.Path]
	if !known || !lists(r) {
		return nil
	}
	w.countWatchLocked(r.URL.Path, 0)
	body := &pastBody{text: bytes.NewReader(text), present: w.present, cut: w.cutLocked(), closed: make(chan struct{})}
	return respond(r, http.StatusOK, body)
}

func lists(r *http.Request) bool { return r.URL.Query().Get("sendInitialEvents") == "true" }

// add follows a frame.
func (r *record) add(f Frame) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.version = f.Meta.ResourceVersion
	switch {
	case f.Type == watch.Deleted:
		delete(r.objects, f.object())
	case f.changes():
		r.objects[f.object()] = f.body
	case f.endsListing():
		return json.Unmarshal(f.body, &r.end)
	}
	return nil
}

// frames are those by which a watch would begin now.
func (r *record) frames() ([]byte, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var text bytes.Buffer
	write := json.NewEncoder(&text)
	for _, name := range slices.Sorted(maps.Keys(r.objects)) {
		if err := write.Encode(event{watch.Added, r.objects[name]}); err != nil {
			return nil, err
		}
	}
	end := maps.Clone(r.end)
	end["metadata"] = metav1.ObjectMeta{
		ResourceVersion: r.version,
		Annotations:     map[string]string{metav1.InitialEventsAnnotationKey: "true"},
	}
	body, err := json.Marshal(end)
	if err != nil {
		return nil, err
	}
	err = write.Encode(event{watch.Bookmark, body})
	return text.Bytes(), err
}

// pastBody is a watch on which nothing happens after the list.
type pastBody struct {
	text    *bytes.Reader
	present <-chan struct{}
	cut     <-chan struct{}
	closed  chan struct{}
	once    sync.Once
}

// Read implements io.Reader.
func (b *pastBody) Read(p []byte) (int, error) {
	if b.text.Len() > 0 {
		return b.text.Read(p)
	}
	select {
	case <-b.present:
		return 0, io.EOF
	case <-b.cut:
		return 0, io.ErrUnexpectedEOF
	case <-b.closed:
		return 0, io.ErrClosedPipe
	}
}

// Close implements io.Closer.
func (b *pastBody) Close() error {
	b.once.Do(func() { close(b.closed) })
	return nil
}
