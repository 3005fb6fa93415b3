package page

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	eventsv1 "k8s.io/api/events/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tcp-operator.io/controllers/observed"
	"tcp-operator.io/topology"
)

func askAbout(t *testing.T, h http.Handler, what string, key topology.Key) *httptest.ResponseRecorder {
	t.Helper()
	query := url.Values{"kind": {key.Kind}, "namespace": {key.Namespace}, "name": {key.Name}}
	return get(t, h, "/ui/api/v1/"+what+"?"+query.Encode())
}

// TestOnlyNamesOfResourcesAreTaken: nobody can make the manager ask anything
// but the pods of a resource that it knows.
func TestOnlyNamesOfResourcesAreTaken(t *testing.T) {
	w := newWorld()
	h := Handler(w)
	for _, what := range []string{"sessions", "events"} {
		for key, want := range map[topology.Key]int{
			{}:                  http.StatusBadRequest,
			{Kind: "TcpServer"}: http.StatusBadRequest,
			{Kind: "Secret", Namespace: "default", Name: "greeter"}:    http.StatusBadRequest,
			{Kind: "tcpserver", Namespace: "default", Name: "greeter"}: http.StatusBadRequest,
			topology.ServerKey("default", "missing"):                   http.StatusNotFound,
			topology.ServerKey("other", "greeter"):                     http.StatusNotFound,
			topology.ClientKey("default", "greeter"):                   http.StatusNotFound,
			topology.ServerKey("default", "169.254.169.254"):           http.StatusNotFound,
			topology.ServerKey("default", "greeter,regarding.name!=a"): http.StatusNotFound,
			topology.ServerKey("../default", "greeter"):                http.StatusNotFound,
		} {
			if answer := askAbout(t, h, what, key); answer.Code != want {
				t.Errorf("%s of %v: %d, want %d", what, key, answer.Code, want)
			}
		}
	}
	if len(w.asked) > 0 {
		t.Errorf("the cluster was asked about %v", w.asked)
	}
}

func TestSessionsOfAResource(t *testing.T) {
	w := newWorld()
	w.pods = []observed.PodSessions{{Name: "greeter-a", Node: "worker-1", Ready: true, Total: 12}, {Name: "greeter-b", Problem: "not reachable"}}
	answer := askAbout(t, Handler(w), "sessions", greeter)
	var got sessionsAnswer
	if err := json.Unmarshal(answer.Body.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(sessionsAnswer{Pods: w.pods, MorePods: 3}, got); diff != "" {
		t.Errorf("sessions (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]topology.Key{greeter}, w.asked); diff != "" {
		t.Errorf("asked (-want +got):\n%s", diff)
	}
}

// TestQuestionsAreAFewAtATime: whoever asks too much waits, and is told when
// it takes too long.
func TestQuestionsAreAFewAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		h := Handler(w)
		w.delay = 3 * time.Second
		codes := make([]int, 3*asked)
		var wg sync.WaitGroup
		for i := range codes {
			what := []string{"sessions", "events"}[i%2] // which share their turns
			wg.Go(func() { codes[i] = askAbout(t, h, what, greeter).Code })
			synctest.Wait() // so that they come in their order
		}
		wg.Wait()
		for i, code := range codes {
			want := http.StatusOK // in two turns of 3 s
			if i >= 2*asked {
				want = http.StatusServiceUnavailable // a third would end after 9 s
			}
			if code != want {
				t.Errorf("question %d: %d, want %d", i, code, want)
			}
		}
	})
}

func TestNewestEventsOfAResource(t *testing.T) {
	noon := time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
	w := newWorld()
	for i := range 30 {
		w.events = append(w.events, eventsv1.Event{
			EventTime: metav1.NewMicroTime(noon.Add(time.Duration(i*7%30) * time.Minute)), Type: "Normal",
			Reason: "R" + strconv.Itoa(i*7%30), Note: "note",
		})
	}
	var got eventsAnswer
	if err := json.Unmarshal(askAbout(t, Handler(w), "events", caller).Body.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if len(got.Events) != maxEvents {
		t.Fatalf("%d events", len(got.Events))
	}
	for i, e := range got.Events {
		want := topology.Event{Time: noon.Add(time.Duration(29-i) * time.Minute), Type: "Normal", Reason: "R" + strconv.Itoa(29-i), Note: "note", Count: 1}
		if e != want {
			t.Errorf("event %d is %v, want %v", i, e, want)
		}
	}
}

func TestEventsThatTheOperatorMayNotRead(t *testing.T) {
	w := newWorld()
	w.eventsErr = apierrors.NewForbidden(eventsv1.Resource("events"), "", nil)
	answer := askAbout(t, Handler(w), "events", caller)
	var got eventsAnswer
	if err := json.Unmarshal(answer.Body.Bytes(), &got); err != nil || got.Problem == "" || got.Events == nil {
		t.Errorf("%d: %s (%v)", answer.Code, answer.Body, err)
	}
}
