//go:build e2e

package e2e

import (
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"

	"tcp-operator.io/api/v1alpha1"
)

const movedManifests = `
apiVersion: tcp-operator.io/v1alpha1
kind: TcpServer
metadata: {name: greeter}
spec: {reply: {delay: 500ms}}
---
apiVersion: tcp-operator.io/v1alpha1
kind: TcpClient
metadata: {name: caller}
spec:
  serverRef: {name: greeter}
  reply: {delay: 500ms}
  connect: {timeout: 2s}
  reconnect: {initialDelay: 1s, maxDelay: 1s}
`

// TestServerThatMoves gives a server's name another address, twice, while a
// client runs: the next attempt of the same process goes there.
func TestServerThatMoves(t *testing.T) {
	t.Parallel()
	n := newNamespace(t, "e2e-moved")
	n.apply(movedManifests)
	n.awaitReady("tcpserver/greeter", "tcpclient/caller")
	caller := n.pod("TcpClient", "caller")
	first := n.serviceAddress("greeter")
	n.awaitSessionWith(caller, first)

	n.kubectl("delete", "service", "greeter")
	second := n.awaitNewAddress("greeter", first)
	t.Logf("the Service came back with another address; sessions lost so far: %d", n.snapshot(caller).Sessions.Lost)
	n.killAndAwait(n.pod("TcpServer", "greeter"))
	n.awaitSessionWith(caller, second)

	n.kubectl("delete", "tcpserver", "greeter")
	n.apply(movedManifests)
	third := n.awaitNewAddress("greeter", second)
	n.awaitSessionWith(caller, third)
	n.awaitReady("tcpserver/greeter", "tcpclient/caller")
	n.checkUntouched([]corev1.Pod{caller})
	n.checkLostSessionsWith("caller", first, second)
}

// serviceAddress is where a server's Service is reached; empty without one.
func (n namespace) serviceAddress(name string) string {
	n.t.Helper()
	for _, service := range get[corev1.ServiceList](n, "services", "-l", "tcp-operator.io/name="+name).Items {
		if service.DeletionTimestamp == nil && service.Spec.ClusterIP != "" {
			return service.Spec.ClusterIP + ":9527"
		}
	}
	return ""
}

func (n namespace) awaitNewAddress(name, old string) string {
	n.t.Helper()
	var address string
	within(n.t, time.Minute, "another address than "+old, func() bool {
		address = n.serviceAddress(name)
		return address != "" && address != old
	})
	return address
}

func (n namespace) awaitSessionWith(pod corev1.Pod, address string) {
	n.t.Helper()
	within(n.t, time.Minute, "a session with "+address, func() bool {
		all := n.sessions(pod)
		return len(all) == 1 && all[0].RemoteAddress == address
	})
}

// checkLostSessionsWith holds with whom the sessions were that a client has
// lost, the first one first. Between two of them the server may have been
// reached and lost again, while one address went and the other came.
func (n namespace) checkLostSessionsWith(client string, addresses ...string) {
	n.t.Helper()
	var outages []v1alpha1.Outage
	within(n.t, time.Minute, "all outages to end", func() bool {
		outages = n.client(client).Status.Outages
		return len(outages) >= len(addresses) && outages[0].EndTime != nil
	})
	for _, o := range outages {
		n.t.Logf("outage: %s/%s with %s, %d ms, %d attempts", o.Phase, o.Reason, o.RemoteAddress, o.DurationMilliseconds, o.Attempts)
	}
	for i, want := range addresses {
		if got := outages[len(outages)-1-i].RemoteAddress; got != want {
			n.t.Errorf("lost session %d was with %s, want %s", i+1, got, want)
		}
	}
}
