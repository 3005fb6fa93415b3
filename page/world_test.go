package page

import (
	"context"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	eventsv1 "k8s.io/api/events/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tcp-operator.io/api/v1alpha1"
	"tcp-operator.io/controllers/observed"
	"tcp-operator.io/topology"
	"tcp-operator.io/workload/snapshot"
)

var (
	greeter = topology.ServerKey("default", "greeter")
	caller  = topology.ClientKey("default", "caller")
)

// world is a Source of the classic pair.
type world struct {
	seen      topology.Seen
	live      bool
	pods      []observed.PodSessions
	events    []eventsv1.Event
	eventsErr error
	err       error         // of every question
	delay     time.Duration // of answers about one resource
	looks     int

	mu    sync.Mutex
	asked []topology.Key
}

func newWorld() *world {
	return &world{live: true, seen: topology.Seen{
		Servers: []v1alpha1.TcpServer{{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "greeter"}}},
		Clients: []v1alpha1.TcpClient{{
			ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "caller"},
			Spec:       v1alpha1.TcpClientSpec{ServerRef: &v1alpha1.ServerReference{Name: "greeter"}},
		}},
	}}
}

func (w *world) Look(context.Context) (topology.Seen, bool, error) {
	w.looks++
	return w.seen, w.live, w.err
}

// sent makes the client's process say how many messages it has sent until now.
func (w *world) sent(n int64) {
	w.seen.Snapshots = map[topology.Key][]snapshot.Snapshot{caller: {
		{Instance: "a", ObservedTime: time.Now(), Messages: snapshot.Messages{Sent: n}},
	}}
}

func (w *world) Exists(_ context.Context, key topology.Key) (bool, error) {
	return key == greeter || key == caller, w.err
}

func (w *world) Sessions(ctx context.Context, key topology.Key) ([]observed.PodSessions, int, error) {
	w.note(key)
	if err := w.wait(ctx); err != nil {
		return nil, 0, err
	}
	return w.pods, 3, nil
}

func (w *world) Events(ctx context.Context, key topology.Key) ([]eventsv1.Event, error) {
	w.note(key)
	if err := w.wait(ctx); err != nil {
		return nil, err
	}
	return w.events, w.eventsErr
}

func (w *world) wait(ctx context.Context) error {
	select {
	case <-time.After(w.delay):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (w *world) note(key topology.Key) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asked = append(w.asked, key)
}

// ask returns what a handler answers. header holds names and values in turn.
func ask(t *testing.T, h http.Handler, method, path string, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	request := httptest.NewRequestWithContext(t.Context(), method, path, nil)
	for i := 0; i < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	answer := httptest.NewRecorder()
	h.ServeHTTP(answer, request)
	return answer
}

func get(t *testing.T, h http.Handler, path string, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	return ask(t, h, http.MethodGet, path, header...)
}
