package cluster

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
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
		Status: corev1.PodStatus{Phase: corev1.PodRunning},
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
				answer(w, snapshot.SessionList{Version: snapshot.Version, Total: 1, Sessions: []snapshot.SessionInfo{{LocalAddress: "10.0.0.1:1"}}})
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
	pods, err := c.Pods(t.Context(), "default", nil)
	if err != nil {
		t.Fatal(err)
	}
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
	if err := Unread(pods); !errors.Is(err, ErrNoProxy) {
		t.Errorf("unread: %v, and the missing right matters most", err)
	}
	ends, err := c.Ends(t.Context(), pods)
	if err != nil || len(ends) != 1 || ends[0].Pod != "good" || ends[0].LocalAddress != "10.0.0.1:1" {
		t.Errorf("ends %+v, %v", ends, err)
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
	pods, err := c.Pods(t.Context(), "default", nil)
	if err != nil || pods[0].Err == nil {
		t.Fatalf("pods %+v, %v", pods, err)
	}
	if took := time.Since(before); took < askTimeout {
		t.Errorf("given up after %s: %v", took, pods[0].Err)
	}
}
