//go:build e2e

package e2e

import (
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"

	"tcp-operator.io/api/v1alpha1"
	"tcp-operator.io/workload/snapshot"
)

const killedManifests = `
apiVersion: tcp-operator.io/v1alpha1
kind: TcpServer
metadata: {name: greeter}
spec: {framing: Line, reply: {delay: 500ms}}
---
apiVersion: tcp-operator.io/v1alpha1
kind: TcpClient
metadata: {name: caller}
spec:
  serverRef: {name: greeter}
  sessions: 2
  framing: Line
  reply: {delay: 500ms}
  reconnect: {initialDelay: 5s, maxDelay: 5s}
`

// TestKilledServer kills a server's process, which can neither drain nor say
// goodbye, and looks at what a user is told.
func TestKilledServer(t *testing.T) {
	t.Parallel()
	n := newNamespace(t, "e2e-killed")
	n.apply(killedManifests)
	n.awaitReady("tcpserver/greeter", "tcpclient/caller")
	service := get[corev1.Service](n, "service", "greeter")
	caller := n.pod("TcpClient", "caller")
	serverReady, clientReady := n.followReady("tcpserver/greeter"), n.followReady("tcpclient/caller")

	killed := n.killAndAwait(n.pod("TcpServer", "greeter"))
	if end := killed.Status.ContainerStatuses[0].LastTerminationState.Terminated; end == nil || end.ExitCode != 128+9 {
		t.Errorf("the last container ended with %+v, want exit code 137", end)
	}
	for resource, follower := range map[string]*follower{"tcpserver/greeter": serverReady, "tcpclient/caller": clientReady} {
		within(t, 2*time.Minute, resource+" to be not Ready and Ready again", func() bool {
			return slices.Equal(follower.changes(), []string{"True", "False", "True"})
		})
	}
	n.checkUntouched([]corev1.Pod{caller})
	status := n.client("caller").Status
	if len(status.Outages) != 2 || status.Sessions.Established != 2 {
		t.Fatalf("the client has %d outages and %d sessions, want two of each: %+v", len(status.Outages), status.Sessions.Established, status.Outages)
	}
	for _, o := range status.Outages {
		checkLostToPeer(t, o, caller.Name, service.Spec.ClusterIP+":9527")
	}
	n.awaitEvents("TcpClient", "caller", "OutageBegan", "OutageEnded", "SessionsEstablished")
	n.awaitEvents("TcpServer", "greeter", "Ready")
}

// checkLostToPeer holds what an outage says about a session that the server's
// end has closed: the kernel sends FIN for a process that is killed, or RST
// where bytes wait that it had not read.
func checkLostToPeer(t *testing.T, o v1alpha1.Outage, pod, server string) {
	t.Helper()
	t.Logf("outage: %s %s closed by %s, %d ms, %d attempts", o.Phase, o.Reason, o.ClosedBy, o.DurationMilliseconds, o.Attempts)
	if o.Reason != string(snapshot.PeerClosed) && o.Reason != string(snapshot.PeerReset) {
		t.Errorf("the reason is %s, want the peer to have closed or reset", o.Reason)
	}
	if o.Phase != string(snapshot.PhaseSession) || o.ClosedBy != string(snapshot.Peer) {
		t.Errorf("the session was lost in phase %s, closed by %s; want Session and Peer", o.Phase, o.ClosedBy)
	}
	if o.Pod != pod || o.RemoteAddress != server || !strings.Contains(o.LocalAddress, ":") {
		t.Errorf("pod %s has lost a session of %s with %s; want pod %s and server %s", o.Pod, o.LocalAddress, o.RemoteAddress, pod, server)
	}
	if o.EndTime == nil || o.Attempts < 1 || o.DurationMilliseconds < 4500 {
		t.Errorf("the outage of %d ms ended at %v after %d attempts, want a reconnect after 4.5 s at the earliest", o.DurationMilliseconds, o.EndTime, o.Attempts)
	}
}
