package observed

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"

	"tcp-operator.io/workload/snapshot"
)

// listOf is what a pod with so many sessions answers, all of them listed.
func listOf(n int) snapshot.SessionList {
	list := snapshot.SessionList{Version: snapshot.Version, Total: n}
	for i := range n {
		list.Sessions = append(list.Sessions, snapshot.SessionInfo{ID: fmt.Sprint(i), State: snapshot.Open})
	}
	return list
}

// at gives a pod an address of its own.
func at(address string) func(*corev1.Pod) {
	return func(p *corev1.Pod) { p.Status.PodIP = address }
}

func TestSessionsOfPods(t *testing.T) {
	answers := map[string][]byte{
		"http://10.0.0.1:19527/v1/sessions?limit=50": encode(t, listOf(2)),
		"http://10.0.0.2:19527/v1/sessions?limit=50": encode(t, listOf(51)), // more than it was asked for
		"http://10.0.0.3:19527/v1/sessions?limit=50": []byte("<html>"),
		"http://10.0.0.5:19527/v1/sessions?limit=50": bytes.Repeat([]byte(" "), snapshot.MaxListBytes/2), // less than the longest list has
	}
	web := &http.Client{Transport: transport(func(r *http.Request) (*http.Response, error) {
		body, ok := answers[r.URL.String()]
		if !ok {
			return nil, fmt.Errorf("nobody is at %s", r.URL)
		}
		return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(bytes.NewReader(body))}, nil
	})}
	phase := func(phase corev1.PodPhase) func(*corev1.Pod) { return func(p *corev1.Pod) { p.Status.Phase = phase } }
	said, more := askSessions(t.Context(), web, []corev1.Pod{
		pod("b", true, at("10.0.0.2")), pod("a", true, at("10.0.0.1")), pod("c", false, at("10.0.0.3")), pod("d", true, at("10.0.0.4")),
		pod("e", true, at("10.0.0.5")), pod("f", false, phase(corev1.PodPending)), pod("g", false, phase(corev1.PodFailed)),
	})
	var got []string
	for _, s := range said {
		got = append(got, fmt.Sprintf("%s on %s, ready %v: %d of %d %s", s.Name, s.Node, s.Ready, len(s.Sessions), s.Total, s.Problem))
	}
	want := []string{
		"a on worker-1, ready true: 2 of 2 ",
		"b on worker-1, ready true: 0 of 0 answered with a list of sessions that makes no sense",
		"c on worker-1, ready false: 0 of 0 answered with something that is no list of sessions",
		"d on worker-1, ready true: 0 of 0 not reachable",
		"e on worker-1, ready true: 0 of 0 answered with more than 104448 bytes",
		"f on worker-1, ready false: 0 of 0 not running",
	}
	if diff := cmp.Diff(want, got); diff != "" || more != 0 {
		t.Errorf("%d more; (-want +got):\n%s", more, diff)
	}
}

func TestSessionsOfManyPods(t *testing.T) {
	asked := make(chan string, 100)
	web := &http.Client{Transport: transport(func(r *http.Request) (*http.Response, error) {
		asked <- r.URL.Hostname()
		return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(bytes.NewReader(encode(t, listOf(1))))}, nil
	})}
	var pods []corev1.Pod
	for i := range 25 {
		pods = append(pods, pod(fmt.Sprintf("pod-%02d", i), true, at(fmt.Sprintf("10.0.0.%d", i))))
	}
	said, more := askSessions(t.Context(), web, pods)
	if len(asked) != maxPodsAsked || len(said) != maxPodsAsked || more != 5 {
		t.Errorf("%d asked, %d said something, %d more", len(asked), len(said), more)
	}
}
