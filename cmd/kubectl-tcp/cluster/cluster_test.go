package cluster

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"

	"tcp-operator.io/controllers/desired"
	"tcp-operator.io/topology"
	"tcp-operator.io/workload/snapshot"
)

// pod of the client caller, that runs.
func pod(name string) corev1.Pod {
	return corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: name, Labels: map[string]string{
			desired.ManagedByLabel: desired.ManagedBy, desired.KindLabel: "TcpClient", desired.NameLabel: "caller"}},
		Spec:   corev1.PodSpec{NodeName: "worker-1"},
		Status: corev1.PodStatus{Phase: corev1.PodRunning, PodIP: "10.0.0.7"},
	}
}

// api plays an API server that lists pods and passes on what they say.
func api(t *testing.T, says map[string]http.HandlerFunc) *Cluster {
	t.Helper()
	mux := http.NewServeMux()
	list := corev1.PodList{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "PodList"}}
	for name, say := range says {
		list.Items = append(list.Items, pod(name))
		mux.HandleFunc("GET /api/v1/namespaces/default/pods/http:"+name+":19527/proxy/v1/", say)
	}
	mux.HandleFunc("GET /api/v1/namespaces/default/pods", func(w http.ResponseWriter, _ *http.Request) { answer(w, list) })
	mux.HandleFunc("GET /api/v1", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, metav1.APIResourceList{GroupVersion: "v1", APIResources: []metav1.APIResource{{Name: "pods", Kind: "Pod", Namespaced: true}}})
	})
	mux.HandleFunc("GET /api", func(w http.ResponseWriter, _ *http.Request) { answer(w, metav1.APIVersions{Versions: []string{"v1"}}) })
	mux.HandleFunc("GET /apis", func(w http.ResponseWriter, _ *http.Request) { answer(w, metav1.APIGroupList{}) })
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	c, err := New(&rest.Config{Host: s.URL, ContentConfig: rest.ContentConfig{ContentType: "application/json", AcceptContentTypes: "application/json"}})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v)
}

func TestPodsAreAskedThroughTheAPIServer(t *testing.T) {
	good := snapshot.Snapshot{Version: snapshot.Version, Role: snapshot.Client, Pod: "forged", Sessions: snapshot.Sessions{Open: 1}}
	c := api(t, map[string]http.HandlerFunc{
		"good": func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, snapshot.SessionsPath) {
				answer(w, snapshot.SessionList{Version: snapshot.Version, Total: 1, Sessions: []snapshot.SessionInfo{{State: snapshot.Open, LocalAddress: "10.0.0.1:1"}}})
				return
			}
			answer(w, good)
		},
		"garbage":   func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<html>") },
		"huge":      func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, 2*snapshot.MaxBytes)) },
		"forbidden": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) },
		"server": func(w http.ResponseWriter, _ *http.Request) {
			answer(w, snapshot.Snapshot{Version: snapshot.Version, Role: snapshot.Server})
		},
	})
	pods, err := c.Pods(t.Context(), "default")
	if err != nil {
		t.Fatal(err)
	}
	c.Ask(t.Context(), pods)
	for _, p := range pods {
		if (p.Snapshot != nil) != (p.Name == "good") || (p.Err == nil) != (p.Name == "good") {
			t.Errorf("pod %s: snapshot %v, error %v", p.Name, p.Snapshot, p.Err)
		}
		if p.Of != topology.ClientKey("default", "caller") {
			t.Errorf("pod %s is of %v", p.Name, p.Of)
		}
	}
	if said := Snapshots(pods)[topology.ClientKey("default", "caller")]; len(said) != 1 || said[0].Pod != "good" || said[0].Node != "worker-1" {
		t.Errorf("snapshots %+v: names are to be the API server's", said)
	}
	answers := AnswersOf(pods)
	if !errors.Is(answers.Why, ErrNoProxy) {
		t.Errorf("unread: %v, and the missing right matters most", answers.Why)
	}
	if want := "1 of 5 pods answered (no right to read from pods: ask for get on pods/proxy): the numbers of TcpClient default/caller are sums over those that did"; answers.Numbers() != want {
		t.Errorf("says %q, want %q", answers.Numbers(), want)
	}
	ends := c.Ends(t.Context(), pods, 10)
	if len(ends.Ends) != 1 || ends.Total != 1 || ends.Ends[0].Pod != "good" || ends.Ends[0].LocalAddress != "10.0.0.1:1" {
		t.Errorf("ends %+v", ends)
	}
	if ends.Answers.Answered != 1 || ends.Answers.Asked != 5 {
		t.Errorf("answers %+v: who could not say a snapshot says no sessions", ends.Answers)
	}
}

func TestAPodThatNeverAnswersIsGivenUp(t *testing.T) {
	release := make(chan struct{})
	c := api(t, map[string]http.HandlerFunc{"silent": func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-release:
		case <-r.Context().Done():
		}
	}})
	defer close(release)
	before := time.Now()
	pods, err := c.Pods(t.Context(), "default")
	if err != nil {
		t.Fatal(err)
	}
	c.Ask(t.Context(), pods)
	if pods[0].Err == nil {
		t.Fatalf("pods %+v", pods)
	}
	if took := time.Since(before); took < askTimeout {
		t.Errorf("given up after %s: %v", took, pods[0].Err)
	}
}

func TestSessionsWithoutASnapshotAreAskedFor(t *testing.T) {
	c := api(t, map[string]http.HandlerFunc{"forbidden": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) }})
	pods, err := c.Pods(t.Context(), "default")
	if err != nil {
		t.Fatal(err)
	}
	ends := c.Ends(t.Context(), pods, 10)
	if want := "0 of 1 pods answered (no right to read from pods: ask for get on pods/proxy)"; ends.Answers.Missing() != want {
		t.Errorf("says %q, want %q", ends.Answers.Missing(), want)
	}
}

// lists plays a pod with so many sessions, numbered from 1.
func lists(total int, asked *[]string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		*asked = append(*asked, r.URL.RawQuery)
		after, _ := strconv.Atoi(r.URL.Query().Get("after"))
		limit, _ := strconv.Atoi(r.URL.Query().Get("limit"))
		list := snapshot.SessionList{Version: snapshot.Version, Total: total}
		for n := after + 1; n <= total && len(list.Sessions) < limit; n++ {
			list.Sessions = append(list.Sessions, snapshot.SessionInfo{State: snapshot.Open, Number: uint64(n)})
		}
		if last := after + len(list.Sessions); last < total {
			list.Next = uint64(last)
		}
		answer(w, list)
	}
}

func TestSessionsArePagedUpToABound(t *testing.T) {
	for _, step := range []struct{ total, most, want, calls int }{
		{0, 10, 0, 1},
		{7, 10, 7, 1},
		{2500, 10_000, 2500, 3},
		{2500, 1500, 1500, 2},
		{2500, 10, 10, 1},
		{3 * snapshot.MaxListed, 3 * snapshot.MaxListed, 3 * snapshot.MaxListed, 3},
	} {
		var asked []string
		c := api(t, map[string]http.HandlerFunc{"many": lists(step.total, &asked)})
		pods, err := c.Pods(t.Context(), "default")
		if err != nil {
			t.Fatal(err)
		}
		ends := c.Ends(t.Context(), pods, step.most)
		if len(ends.Ends) != step.want || ends.Total != step.total || len(asked) != step.calls || ends.Answers.Why != nil {
			t.Errorf("%+v: listed %d of %d in calls %q, %v", step, len(ends.Ends), ends.Total, asked, ends.Answers.Why)
		}
		for i, e := range ends.Ends {
			if e.Number != uint64(i+1) {
				t.Fatalf("%+v: session %d at place %d", step, e.Number, i)
			}
		}
	}
}

func TestAPodThatLeadsInACircleIsLeft(t *testing.T) {
	calls := 0
	c := api(t, map[string]http.HandlerFunc{"circle": func(w http.ResponseWriter, _ *http.Request) {
		calls++
		answer(w, snapshot.SessionList{Version: snapshot.Version, Total: 9, Next: 1, Sessions: []snapshot.SessionInfo{{State: snapshot.Open, Number: 1}}})
	}})
	pods, err := c.Pods(t.Context(), "default")
	if err != nil {
		t.Fatal(err)
	}
	if ends := c.Ends(t.Context(), pods, 100); calls != 2 || len(ends.Ends) != 2 {
		t.Errorf("%d calls, %d sessions", calls, len(ends.Ends))
	}
}

func TestAnswersSayWhatTheNumbersAre(t *testing.T) {
	one := func(of, name string, phase corev1.PodPhase, err error) Pod {
		p := Pod{Pod: pod(name), Of: topology.ClientKey("default", of), Err: err}
		p.Status.Phase = phase
		return p
	}
	gone := errors.New("gone")
	for name, c := range map[string]struct {
		pods []Pod
		want string
	}{
		"none":           {nil, ""},
		"all":            {[]Pod{one("a", "a-1", corev1.PodRunning, nil)}, ""},
		"one starts":     {[]Pod{one("a", "a-1", corev1.PodPending, nil)}, ""},
		"part":           {[]Pod{one("a", "a-1", corev1.PodRunning, nil), one("a", "a-2", corev1.PodRunning, gone)}, "1 of 2 pods answered (pod a-2: gone): the numbers of TcpClient default/a are sums over those that did"},
		"none of one":    {[]Pod{one("a", "a-1", corev1.PodRunning, nil), one("b", "b-1", corev1.PodRunning, gone)}, "1 of 2 pods answered (pod b-1: gone): the numbers of TcpClient default/b are those of the status, which may be 75 seconds old"},
		"of many others": {[]Pod{one("a", "a-1", corev1.PodRunning, gone), one("b", "b-1", corev1.PodRunning, gone), one("c", "c-1", corev1.PodRunning, gone), one("d", "d-1", corev1.PodRunning, gone)}, "0 of 4 pods answered (pod a-1: gone): the numbers of TcpClient default/a, TcpClient default/b, TcpClient default/c, 1 more are those of the status, which may be 75 seconds old"},
	} {
		if got := AnswersOf(c.pods).Numbers(); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
