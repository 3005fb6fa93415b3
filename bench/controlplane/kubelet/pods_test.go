package kubelet

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tcp-operator.io/controllers/desired"
	"tcp-operator.io/workload/snapshot"
)

func pod(kind, name string) *corev1.Pod {
	return &corev1.Pod{ObjectMeta: metav1.ObjectMeta{
		Name: name + "-0", UID: "uid", Labels: map[string]string{desired.KindLabel: kind, desired.NameLabel: name},
	}}
}

// ask asks the pod at addr, as if by a connection to it.
func ask(t *testing.T, p *Pods, addr string) (snapshot.Snapshot, int) {
	t.Helper()
	local := &net.TCPAddr{IP: net.ParseIP(addr), Port: 1}
	r := httptest.NewRequestWithContext(context.WithValue(t.Context(), http.LocalAddrContextKey, local), http.MethodGet, snapshot.Path, nil)
	w := httptest.NewRecorder()
	p.ServeHTTP(w, r)
	var s snapshot.Snapshot
	if w.Code == http.StatusOK {
		if err := json.Unmarshal(w.Body.Bytes(), &s); err != nil {
			t.Fatal(err)
		}
	}
	return s, w.Code
}

func TestPodsAnswerAtTheirOwnAddress(t *testing.T) {
	p := &Pods{}
	server, caller := p.add(pod("TcpServer", "greeter")), p.add(pod("TcpClient", "caller"))
	if server == caller {
		t.Fatalf("both have the address %s", server)
	}
	if s, _ := ask(t, p, server); s.Role != snapshot.Server || s.Sessions.Open != 1 || !s.Ready {
		t.Errorf("the server says %+v", s)
	}
	if s, _ := ask(t, p, caller); s.Role != snapshot.Client || s.Sessions.Desired != 1 || s.RoundTrip == nil {
		t.Errorf("the client says %+v", s)
	}
	if _, code := ask(t, p, "127.9.9.9"); code != http.StatusNotFound {
		t.Errorf("nobody's address answers with %d", code)
	}
	p.Forget()
	if _, code := ask(t, p, server); code != http.StatusNotFound {
		t.Errorf("a pod that was forgotten answers with %d", code)
	}
}

func TestOnlyBusyPodsCount(t *testing.T) {
	p := &Pods{}
	idle, busy := p.add(pod("TcpServer", "idle")), p.add(pod("TcpServer", "busy"))
	start := p.byAddr[address(1)]
	start.snapshot.StartTime = start.snapshot.StartTime.Add(-1e9)
	p.byAddr[address(1)] = start
	p.SetBusy(func(resource string) bool { return resource == "busy" })
	if s, _ := ask(t, p, idle); s.Messages.Received != 1 {
		t.Errorf("the idle pod has received %d messages, want 1", s.Messages.Received)
	}
	if s, _ := ask(t, p, busy); s.Messages.Received < 1001 || s.Messages.Sent != s.Messages.Received {
		t.Errorf("the busy pod has received %d messages and sent %d, want one a millisecond", s.Messages.Received, s.Messages.Sent)
	}
}

func TestAddressesAreOfTheLoopbackNetwork(t *testing.T) {
	for n, want := range map[int]string{0: "127.1.0.0", 1: "127.1.0.1", 300: "127.1.1.44", 1 << 16: "127.2.0.0"} {
		if got := address(n).String(); got != want {
			t.Errorf("address %d is %s, want %s", n, got, want)
		}
	}
}
