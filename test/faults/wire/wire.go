// Package wire stands between an operator and its API server, and does to
// what passes what networks and API servers do in their bad hours: answers
// are lost, watches end, lag, skip and start over, an API server serves the
// past or cannot be reached at all.
package wire

import (
	"io"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/rest"
)

// Wire carries the requests of one operator. The zero value carries them
// unharmed. Set its fields before the first request.
type Wire struct {
	// Judge decides what becomes of a frame; nil delivers all of them.
	Judge func(Frame) Fate
	// Patience is how long a frame that should be coalesced waits for others.
	Patience time.Duration
	// Refuse answers in place of the API server, unless it returns nil.
	Refuse func(Request) *metav1.Status
	// Committed is called after a write that the API server has accepted. An
	// error takes the place of the answer.
	Committed func(Request) error

	mu       sync.Mutex
	requests []Request
	refused  int            // requests while cut
	arrived  map[string]int // frames so far, by resource
	frozen   map[string]chan struct{}
	warm     bool               // thawed: nothing freezes any more
	watches  map[string]int     // that are open, by URL path
	records  map[string]*record // of what was watched, by URL path
	past     Past
	present  chan struct{} // closed when the past is over
	cut      chan struct{} // closed while nothing passes
	why      error         // nothing passes
	held     chan struct{} // requests and frames wait until it is closed; nil: they do not
}

// Config is config with every request and answer passing through w, as JSON:
// the only form whose watches can be taken apart line by line.
func (w *Wire) Config(config *rest.Config) *rest.Config {
	through := rest.CopyConfig(config)
	through.ContentType, through.AcceptContentTypes = runtime.ContentTypeJSON, runtime.ContentTypeJSON
	through.Wrap(func(next http.RoundTripper) http.RoundTripper { return &transport{wire: w, next: next} })
	return through
}

// Cut ends all watches, and lets every request fail with why until Mend.
// Answers to what is under way are lost.
func (w *Wire) Cut(why error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.why == nil {
		close(w.cutLocked())
	}
	w.why = why
}

// Mend undoes Cut.
func (w *Wire) Mend() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.why, w.cut = nil, nil
}

// cutLocked is closed once nothing passes any more. w.mu must be held.
func (w *Wire) cutLocked() chan struct{} {
	if w.cut == nil {
		w.cut = make(chan struct{})
	}
	return w.cut
}

// Writes are the writes that were sent so far, accepted or not.
func (w *Wire) Writes() []Request {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(w.requests), func(r Request) bool { return !r.Writes() })
}

// Requests counts the requests that were sent so far, and those that failed
// because of Cut.
func (w *Wire) Requests() (all, refused int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.requests), w.refused
}

// Calls counts the requests that were sent so far, save watches, by their names.
func (w *Wire) Calls() map[Call]int {
	w.mu.Lock()
	defer w.mu.Unlock()
	all := map[Call]int{}
	for _, r := range w.requests {
		if r.Verb != "watch" {
			all[Call{r.Verb, r.Resource, r.Name}]++
		}
	}
	return all
}

// Call is what requests for the same have in common.
type Call struct{ Verb, Resource, Name string }

// Frames counts the frames so far, by resource.
func (w *Wire) Frames() map[string]int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return maps.Clone(w.arrived)
}

// transport is a Wire on its way to the API server.
type transport struct {
	wire *Wire
	next http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	request, err := read(r)
	if err != nil {
		return nil, err
	}
	w := t.wire
	if err := w.wait(r); err != nil {
		return nil, err
	}
	cut, err := w.admit(request)
	if err != nil {
		return nil, err
	}
	if past := w.pastOf(r); past != nil {
		return past, nil
	}
	if w.Refuse != nil {
		if status := w.Refuse(request); status != nil {
			return refusal(r, *status)
		}
	}
	response, err := t.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	if err := w.answer(request, response); err != nil {
		response.Body.Close()
		return nil, err
	}
	if request.Verb == "watch" && response.StatusCode == http.StatusOK {
		response.Body = w.newStream(r, request.Resource, response.Body, cut)
	}
	return response, nil
}

// wait returns when requests are not held.
func (w *Wire) wait(r *http.Request) error {
	select {
	case <-w.flowing():
		return nil
	case <-r.Context().Done():
		return r.Context().Err()
	}
}

// admit notes a request. What it returns is closed when nothing passes any
// more.
func (w *Wire) admit(r Request) (cut <-chan struct{}, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.requests = append(w.requests, r)
	if w.why != nil {
		w.refused++
		return nil, w.why
	}
	return w.cutLocked(), nil
}

// answer tells why the answer is lost, if it is.
func (w *Wire) answer(r Request, response *http.Response) error {
	if r.Writes() && response.StatusCode < 300 && w.Committed != nil {
		if err := w.Committed(r); err != nil {
			return err
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.why
}

// newStream is the body of a watch.
func (w *Wire) newStream(r *http.Request, resource string, from io.ReadCloser, cut <-chan struct{}) *stream {
	s := &stream{
		wire:     w,
		resource: resource,
		record:   w.recordOf(r),
		from:     from,
		frames:   make(chan Frame),
		cut:      cut,
		closed:   make(chan struct{}),
		listing:  lists(r),
		end:      w.watch(r.URL.Path),
	}
	go s.pump()
	return s
}
