//go:build e2e

package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"

	"tcp-operator.io/api/v1alpha1"
	"tcp-operator.io/workload/snapshot"
)

// patience is what a busy machine may add to a bound that the kernel or the
// workload keeps.
const patience = 3 * time.Second

// networkServer gives a dead peer up after 5 s, whether it waits for an
// acknowledgement or for a message.
const networkServer = `
apiVersion: tcp-operator.io/v1alpha1
kind: TcpServer
metadata: {name: greeter}
spec:
  framing: Line
  reply: {delay: 100ms}
  tcp: {userTimeout: 5s, keepAlive: {mode: Enabled, idle: 2s, interval: 1s, count: 3}}
`

// networkClient is a client of that server with more lines of a spec.
func networkClient(name string, lines ...string) string {
	return fmt.Sprintf(`
---
apiVersion: tcp-operator.io/v1alpha1
kind: TcpClient
metadata: {name: %s}
spec:
  serverRef: {name: greeter}
  framing: Line
  connect: {timeout: 2s}
  reconnect: {initialDelay: 1s, maxDelay: 1s}
  %s
`, name, strings.Join(lines, "\n  "))
}

// deadPathClients are the ways to notice that nothing comes any more, how long
// each may take, and what it says then.
var deadPathClients = []struct {
	name     string
	lines    []string
	bound    time.Duration
	reason   snapshot.Reason
	closedBy snapshot.Side
}{
	// Says nothing after its greeting. Three probes from 2 s on.
	{"silent", []string{`reply: {text: ""}`, `tcp: {keepAlive: {mode: Enabled, idle: 2s, interval: 1s, count: 3}}`},
		5 * time.Second, snapshot.KeepAliveTimeout, snapshot.Network},
	// Talks. Four seconds without an acknowledgement, of a message or of a probe.
	{"talker", []string{`reply: {delay: 500ms}`, `tcp: {userTimeout: 4s, keepAlive: {mode: Enabled, idle: 1s, interval: 1s, count: 9}}`},
		6 * time.Second, snapshot.KeepAliveTimeout, snapshot.Network},
	// Talks. Four seconds without a message, from its own last on.
	{"listener", []string{`reply: {delay: 500ms}`, `limits: {idleTimeout: 4s}`},
		5 * time.Second, snapshot.IdleTimeout, snapshot.Local},
}

// TestDeadPath drops every packet of established sessions without a word, and
// those of new ones; then it lets them pass again.
func TestDeadPath(t *testing.T) {
	t.Parallel()
	n := newNamespace(t, "e2e-deadpath")
	manifests, names := networkServer, []string{}
	for _, c := range deadPathClients {
		manifests += networkClient(c.name, c.lines...)
		names = append(names, "tcpclient/"+c.name)
	}
	n.apply(manifests)
	n.awaitReady(names...)
	server := n.pod("TcpServer", "greeter")

	began := time.Now()
	lift := n.cut(server, silently)
	cutAt := time.Now()
	for _, c := range deadPathClients {
		o := n.awaitOutage(c.name)
		took := o.StartTime.Sub(cutAt)
		t.Logf("%s: %s after %s, closed by %s", c.name, o.Reason, took.Round(time.Millisecond), o.ClosedBy)
		checkCause(t, o, snapshot.PhaseSession, c.reason, c.closedBy)
		if o.StartTime.Time.Before(began) || took > c.bound+patience {
			t.Errorf("%s noticed the dead path after %s, want at most %s", c.name, took, c.bound)
		}
		n.awaitFailures(c.name, snapshot.ConnectTimeout)
	}
	within(t, 30*time.Second, "the server to give up its half of the sessions", func() bool {
		s := n.snapshot(server)
		return s.Sessions.Open == 0 && s.Closes[snapshot.KeepAliveTimeout] == int64(len(deadPathClients))
	})
	n.apply(networkClient("newcomer"))
	checkCause(t, n.awaitOutage("newcomer"), snapshot.PhaseConnect, snapshot.ConnectTimeout, "")
	n.checkSaysWhy("newcomer", snapshot.ConnectTimeout)

	lift()
	n.awaitReady(append(names, "tcpclient/newcomer")...)
	n.awaitEvents("TcpClient", "newcomer", "OutageBegan", "OutageEnded", "SessionsEstablished")
}

// TestResetOnTheWay has something on the way answer with RST in the name of
// both ends, as some firewalls do. Who has nothing to say learns of it by its
// next probe.
func TestResetOnTheWay(t *testing.T) {
	t.Parallel()
	n := newNamespace(t, "e2e-reset")
	n.apply(networkServer + networkClient("caller", `tcp: {keepAlive: {mode: Enabled, idle: 1s, interval: 1s}}`))
	n.awaitReady("tcpserver/greeter", "tcpclient/caller")
	server := n.pod("TcpServer", "greeter")

	lift := n.cut(server, withReset)
	checkCause(t, n.awaitOutage("caller"), snapshot.PhaseSession, snapshot.PeerReset, snapshot.Peer)
	n.awaitFailures("caller", snapshot.Refused)
	within(t, 30*time.Second, "the server to be reset too", func() bool {
		s := n.snapshot(server)
		return s.Sessions.Open == 0 && s.Closes[snapshot.PeerReset] == 1
	})
	n.apply(networkClient("newcomer"))
	checkCause(t, n.awaitOutage("newcomer"), snapshot.PhaseConnect, snapshot.Refused, "")
	n.checkSaysWhy("newcomer", snapshot.Refused)

	lift()
	n.awaitReady("tcpclient/caller", "tcpclient/newcomer")
}

// TestAFirewallThatMustBlock expects a path not to exist that a firewall cuts,
// as a NetworkPolicy would; then the firewall fails.
func TestAFirewallThatMustBlock(t *testing.T) {
	t.Parallel()
	n := newNamespace(t, "e2e-firewall")
	n.apply(networkServer)
	n.awaitReady("tcpserver/greeter")
	server := n.pod("TcpServer", "greeter")

	lift := n.cut(server, silently)
	n.apply(networkClient("prober", `expect: {connect: Blocked}`))
	n.awaitReady("tcpclient/prober")
	if opened := n.snapshot(server).Sessions.Opened; opened != 0 {
		t.Fatalf("the server has accepted %d sessions through the firewall", opened)
	}
	lift()
	n.awaitCondition("tcpclient/prober", "Stalled")
	within(t, 30*time.Second, "the verdict", func() bool {
		met := meta.FindStatusCondition(n.client("prober").Status.Conditions, v1alpha1.ConditionExpectationsMet)
		return met != nil && met.Reason == v1alpha1.ReasonUnexpectedSession
	})
	n.awaitEvents("TcpClient", "prober", "ExpectationBroken")
	n.cut(server, silently)
	n.awaitReady("tcpclient/prober")
	n.awaitEvents("TcpClient", "prober", "ExpectationRestored")
}

// awaitOutage waits for the first outage of a client with one session.
func (n namespace) awaitOutage(client string) v1alpha1.Outage {
	n.t.Helper()
	var outages []v1alpha1.Outage
	within(n.t, time.Minute, "an outage of "+client, func() bool {
		outages = n.client(client).Status.Outages
		return len(outages) > 0
	})
	if len(outages) > 1 {
		n.t.Fatalf("%s has %d outages, want 1: %+v", client, len(outages), outages)
	}
	return outages[0]
}

func checkCause(t *testing.T, o v1alpha1.Outage, phase snapshot.Phase, reason snapshot.Reason, closedBy snapshot.Side) {
	t.Helper()
	if o.Phase != string(phase) || o.Reason != string(reason) || o.ClosedBy != string(closedBy) {
		t.Errorf("the outage of %s is %s/%s closed by %q, want %s/%s by %q", o.Pod, o.Phase, o.Reason, o.ClosedBy, phase, reason, closedBy)
	}
}

// awaitFailures waits until two attempts of the client have failed, and holds
// that it was for this reason.
func (n namespace) awaitFailures(client string, reason snapshot.Reason) {
	n.t.Helper()
	pod := n.pod("TcpClient", client)
	within(n.t, 30*time.Second, "attempts of "+client+" to fail", func() bool {
		counts := failed(n.snapshot(pod))
		if len(counts) > 1 || len(counts) == 1 && counts[reason] == 0 {
			n.t.Fatalf("attempts of %s failed with %v, want %s alone", client, counts, reason)
		}
		return counts[reason] >= 2
	})
}

// checkSaysWhy holds that a client is not Ready, and names the close reason.
func (n namespace) checkSaysWhy(client string, reason snapshot.Reason) {
	n.t.Helper()
	within(n.t, 30*time.Second, client+" to say why it has no session", func() bool {
		ready := meta.FindStatusCondition(n.client(client).Status.Conditions, v1alpha1.ConditionReady)
		return ready != nil && ready.Status == "False" && strings.Contains(ready.Message, string(reason))
	})
}
