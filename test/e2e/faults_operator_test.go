//go:build e2e

package e2e

import (
	"fmt"
	"testing"
	"time"

	"tcp-operator.io/api/v1alpha1"
)

const (
	operatorServer = `
apiVersion: tcp-operator.io/v1alpha1
kind: TcpServer
metadata: {name: %s}
spec: {replicas: 1, reply: {delay: 500ms}}
---
`
	operatorClient = `
apiVersion: tcp-operator.io/v1alpha1
kind: TcpClient
metadata: {name: %[1]s-client}
spec: {serverRef: {name: %[1]s}, reply: {delay: 500ms}, reconnect: {initialDelay: 1s, maxDelay: 1s}}
---
`
)

// TestKilledOperator takes the operator away while resources are created,
// scaled, changed and deleted and while an outage lasts: first with SIGKILL,
// then by deleting its pod. It does not run in parallel with others, which
// would wait for the next operator.
func TestKilledOperator(t *testing.T) {
	n := newNamespace(t, "e2e-operator")
	mourning := n.beginWithAnOutage()

	t.Run("SIGKILL", func(t *testing.T) {
		n := namespace{t, n.name}
		before, led := n.inventory(), leader(t)
		n.changeMuch(1)
		namespace{t, operatorNamespace}.kill(operatorPod(t))
		n.kubectl("delete", "tcpserver/doomed")
		n.apply(fmt.Sprintf(operatorServer, "newborn"))
		n.killAndAwait(n.pod("TcpServer", "watched"))
		leads := awaitNewLeader(t, led)
		n.checkEndState(before, map[string]fate{
			"steady": {replicas: 2, changes: 1}, "steady-client": {replicas: 2},
			"watched": {replicas: 1, restarts: 1}, "watched-client": {replicas: 1},
			"mourned": {}, "mourned-client": {replicas: 1},
			"rolled": {replicas: 1, changes: 1, replaced: true}, "newborn": {replicas: 1},
		})
		n.checkUnseenOutage("watched-client", leads)
		if o := n.awaitOutage("mourned-client"); !o.StartTime.Equal(&mourning.StartTime) || o.EndTime != nil {
			t.Errorf("the outage that lasts is now %+v, want %+v", o, mourning)
		}
	})

	t.Run("deleted pod", func(t *testing.T) {
		n := namespace{t, n.name}
		before, led := n.inventory(), leader(t)
		n.changeMuch(2)
		kubectl(t, "-n", operatorNamespace, "delete", "pod", operatorPod(t).Name, "--wait=false")
		n.kubectl("scale", "tcpserver/mourned", "--replicas=1")
		n.kubectl("delete", "tcpserver/newborn")
		awaitNewLeader(t, led)
		n.awaitReady("tcpclient/mourned-client")
		n.checkEndState(before, map[string]fate{
			"steady": {replicas: 3, changes: 1}, "steady-client": {replicas: 2},
			"watched": {replicas: 1, restarts: 1}, "watched-client": {replicas: 1},
			"mourned": {replicas: 1, changes: 1}, "mourned-client": {replicas: 1},
			"rolled": {replicas: 1, changes: 1, replaced: true},
		})
		o := n.awaitOutage("mourned-client")
		t.Logf("the outage that two operators have seen lasted %d ms", o.DurationMilliseconds)
		if !o.StartTime.Equal(&mourning.StartTime) || o.EndTime == nil {
			t.Errorf("the outage that is over is %+v, want the end of %+v", o, mourning)
		}
	})
}

// beginWithAnOutage creates what the test works on, and returns an outage that
// lasts: that of a client whose server has no pods any more.
func (n namespace) beginWithAnOutage() v1alpha1.Outage {
	n.t.Helper()
	var manifests string
	for _, name := range []string{"steady", "watched", "mourned", "rolled", "doomed"} {
		manifests += fmt.Sprintf(operatorServer, name)
	}
	for _, name := range []string{"steady", "watched", "mourned"} {
		manifests += fmt.Sprintf(operatorClient, name)
	}
	n.apply(manifests)
	n.awaitReady("tcpserver/rolled", "tcpserver/doomed", "tcpclient/steady-client", "tcpclient/watched-client", "tcpclient/mourned-client")
	n.kubectl("scale", "tcpserver/mourned", "--replicas=0")
	outage := n.awaitOutage("mourned-client")
	talking := n.pods("TcpClient", "steady-client")
	within(n.t, time.Minute, "a conversation", func() bool { return n.received(talking) > 0 })
	n.kubectl("scale", "tcpclient/steady-client", "--replicas=2") // a change, with which counters are written at once
	within(n.t, time.Minute, "counters in a status", func() bool { return n.client("steady-client").Status.Messages.Received > 0 })
	n.awaitReady("tcpserver/mourned", "tcpclient/steady-client")
	return outage
}

// changeMuch scales one server and rolls another.
func (n namespace) changeMuch(round int) {
	n.t.Helper()
	n.kubectl("scale", "tcpserver/steady", fmt.Sprintf("--replicas=%d", round+1))
	n.patch("tcpserver/rolled", fmt.Sprintf(`{"reply":{"text":"round %d"}}`, round))
}

// checkUnseenOutage holds that the status has an outage that began and ended
// while no operator led.
func (n namespace) checkUnseenOutage(client string, leads time.Time) {
	n.t.Helper()
	o := n.awaitOutage(client)
	if o.EndTime == nil || o.EndTime.After(leads) {
		n.t.Fatalf("the outage %+v ended after the next operator led at %s: this test shows nothing", o, leads)
	}
	n.t.Logf("an outage began %s and ended %s before the next operator led",
		leads.Sub(o.StartTime.Time).Round(time.Millisecond), leads.Sub(o.EndTime.Time).Round(time.Millisecond))
	n.awaitEvents("TcpClient", client, "OutageBegan", "OutageEnded")
}
