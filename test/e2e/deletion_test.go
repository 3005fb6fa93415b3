//go:build e2e

package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// doomedPair is a server and its client, which talk without a pause.
const doomedPair = `---
apiVersion: tcp-operator.io/v1alpha1
kind: TcpServer
metadata: {name: server-%[1]d}
spec: {replicas: 2, reply: {delay: 1s}}
---
apiVersion: tcp-operator.io/v1alpha1
kind: TcpClient
metadata: {name: client-%[1]d}
spec: {serverRef: {name: server-%[1]d}, replicas: 2, sessions: 3, reply: {delay: 1s}, reconnect: {initialDelay: 1s, maxDelay: 1s}}
`

// TestDeletedNamespace deletes a namespace in which servers and clients run.
// Pods of a server have 11 s of grace: 5 to be withdrawn, 1 to reply, 5 to
// close.
func TestDeletedNamespace(t *testing.T) {
	t.Parallel()
	const pairs, grace, limit = 3, 11 * time.Second, time.Minute
	// Nobody may write an event into a namespace that is being deleted: at
	// most one for each server, and one for each of its 6 sessions.
	const mostErrors = pairs * 7
	n := newNamespace(t, "e2e-deleted")
	var manifests strings.Builder
	var names []string
	for i := range pairs {
		fmt.Fprintf(&manifests, doomedPair, i)
		names = append(names, fmt.Sprintf("tcpserver/server-%d", i), fmt.Sprintf("tcpclient/client-%d", i))
	}
	n.apply(manifests.String())
	n.awaitReady(names...)
	if len(n.processes()) == 0 {
		t.Fatal("no container of the namespace runs, so that none is left would show nothing")
	}

	began := time.Now()
	kubectl(t, "delete", "namespace", n.name, "--timeout=120s")
	took := time.Since(began)
	t.Logf("the namespace with %d pairs was gone after %s", pairs, took.Round(100*time.Millisecond))
	if took > grace+limit {
		t.Errorf("the namespace was gone after %s, want at most %s", took, grace+limit)
	}
	errors := len(operatorErrors(t, n.name))
	awaitReconciled(t)
	after := operatorErrors(t, n.name)
	t.Logf("the operator reported %d errors about the namespace, %d of them after it was gone", len(after), len(after)-errors)
	if len(after) > mostErrors || len(after) > errors {
		t.Errorf("the operator goes on about a namespace that is gone:\n%s", strings.Join(after, ""))
	}
	if left := n.processes(); len(left) > 0 {
		t.Errorf("containers of the namespace still run: %v", left)
	}
}

// TestCascades deletes pairs in the two ways that are not kubectl's default.
func TestCascades(t *testing.T) {
	t.Parallel()
	const children = "deployments,replicasets,services,pods,poddisruptionbudgets,networkpolicies"
	n := newNamespace(t, "e2e-cascades")
	n.apply(fmt.Sprintf(doomedPair, 1) + fmt.Sprintf(doomedPair, 2))
	n.awaitReady("tcpserver/server-1", "tcpclient/client-1", "tcpserver/server-2", "tcpclient/client-2")

	// kubectl returns once the resources are gone, and they go last.
	n.kubectl("delete", "tcpserver/server-1", "tcpclient/client-1", "--cascade=foreground", "--timeout=90s")
	if left := n.kubectl("get", children, "-l", "tcp-operator.io/name in (server-1,client-1)", "-o", "name"); strings.TrimSpace(left) != "" {
		t.Errorf("after their owners are gone there are still\n%s", left)
	}

	pods := slices.Concat(n.pods("TcpServer", "server-2"), n.pods("TcpClient", "client-2"))
	n.kubectl("delete", "tcpserver/server-2", "tcpclient/client-2", "--cascade=orphan", "--timeout=90s")
	n.checkUntouched(pods)
	for _, child := range []string{"deployment/server-2", "service/server-2", "deployment/client-2"} {
		if owners := n.kubectl("get", child, "-o", "jsonpath={.metadata.ownerReferences}"); owners != "" {
			t.Errorf("the orphan %s is owned by %s", child, owners)
		}
	}
	for _, pod := range n.pods("TcpClient", "client-2") {
		if s := n.snapshot(pod).Sessions; s.Open != 3 || s.Lost != 0 {
			t.Errorf("the orphan %s holds %d sessions and has lost %d, want 3 and 0", pod.Name, s.Open, s.Lost)
		}
	}
	// What is an orphan belongs to nobody, so it is not taken up again.
	n.apply(fmt.Sprintf(doomedPair, 2))
	n.awaitCondition("tcpserver/server-2", "Stalled")
	n.checkUntouched(pods)
}

// processes are the ids of containers of the namespace that run.
func (n namespace) processes() []string {
	n.t.Helper()
	ids := func(args ...string) []string {
		out, err := labCommand(n.t.Context(), append([]string{"ctr"}, args...)...).Output()
		if err != nil {
			n.t.Fatalf("ctr %v: %v", args, err)
		}
		return strings.Fields(string(out))
	}
	ours := ids("containers", "ls", "-q", `labels."io.kubernetes.pod.namespace"==`+n.name)
	run := ids("tasks", "ls", "-q")
	return slices.DeleteFunc(ours, func(id string) bool { return !slices.Contains(run, id) })
}

// awaitReconciled waits until the operator has worked on something else.
func awaitReconciled(t *testing.T) {
	t.Helper()
	n := newNamespace(t, "e2e-deleted-after")
	n.apply(`{apiVersion: tcp-operator.io/v1alpha1, kind: TcpServer, metadata: {name: alive}}`)
	n.awaitReady("tcpserver/alive")
}
