package observed

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tcp-operator.io/workload/snapshot"
)

// transport answers requests without a network.
type transport func(*http.Request) (*http.Response, error)

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestPodsAreAskedAFewAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var now, most atomic.Int64
		web := &http.Client{Transport: transport(func(r *http.Request) (*http.Response, error) {
			most.Store(max(most.Load(), now.Add(1)))
			defer now.Add(-1)
			time.Sleep(time.Second)
			s := valid()
			s.Instance = r.URL.Hostname()
			return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(bytes.NewReader(encode(t, s)))}, nil
		})}
		var list []corev1.Pod
		for i := range 100 {
			list = append(list, pod("caller", true, func(p *corev1.Pod) { p.Status.PodIP = fmt.Sprintf("10.0.0.%d", i) }))
		}
		begin := time.Now()
		for i, a := range ask(t.Context(), web, list) {
			if a.err != nil || a.snapshot.Instance != list[i].Status.PodIP {
				t.Errorf("answer %d is of %s, %v", i, a.snapshot.Instance, a.err)
			}
		}
		if most.Load() != fetchers || time.Since(begin) != 4*time.Second {
			t.Errorf("%d at a time took %s, want %d and 4s", most.Load(), time.Since(begin), fetchers)
		}
	})
}

func TestOnlyPodsThatCanAnswerAreAsked(t *testing.T) {
	web := &http.Client{Transport: transport(func(r *http.Request) (*http.Response, error) {
		t.Errorf("%s was asked", r.URL)
		return nil, io.EOF
	})}
	ask(t.Context(), web, []corev1.Pod{
		pod("pending", false, func(p *corev1.Pod) { p.Status.Phase = corev1.PodPending }),
		pod("finished", false, func(p *corev1.Pod) { p.Status.Phase = corev1.PodSucceeded }),
		pod("without an address", true, func(p *corev1.Pod) { p.Status.PodIP = "" }),
		pod("being deleted", true, func(p *corev1.Pod) { p.DeletionTimestamp = new(metav1.NewTime(noon)) }),
	})
}

// TestAPodIsAskedForTheRoleOfItsLabel holds because any pod can carry our
// labels, and answer with anything.
func TestAPodIsAskedForTheRoleOfItsLabel(t *testing.T) {
	web := &http.Client{Transport: transport(func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(bytes.NewReader(encode(t, valid())))}, nil
	})}
	for kind, want := range map[string]string{"TcpClient": "<nil>", "TcpServer": noSense, "Other": noSense} {
		p := pod("caller", true, func(p *corev1.Pod) { p.Labels["tcp-operator.io/kind"] = kind })
		answers := ask(t.Context(), web, []corev1.Pod{p})
		if got := fmt.Sprint(answers[0].err); got != want || (answers[0].snapshot.Role == snapshot.Client) != (want == "<nil>") {
			t.Errorf("%s: %q, want %q", kind, got, want)
		}
	}
}
