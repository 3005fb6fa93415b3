//go:build e2e

package e2e

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

const (
	serverSample = "tcp-operator.io_v1alpha1_tcpserver.yaml"
	clientSample = "tcp-operator.io_v1alpha1_tcpclient.yaml"
)

// TestSamples takes the samples through a life: a client before its server, a
// conversation, a killed server, scaling, deletion.
func TestSamples(t *testing.T) {
	t.Parallel()
	n := newNamespace(t, "e2e-samples")
	k := n.kubectl

	k("apply", "-f", sample(clientSample))
	k("wait", "--for=condition=ResolvedRefs=False", "tcpclient/caller", "--timeout=30s")
	if got := k("get", "tcpclient/caller"); !strings.Contains(got, "ServerNotFound") {
		t.Errorf("a client without its server shows\n%s", got)
	}
	k("apply", "-f", sample(serverSample))
	k("wait", "--for=condition=Ready", "tcpserver/greeter", "tcpclient/caller", "--timeout=90s")
	checkColumns(t, k)

	t.Run("they talk", func(t *testing.T) { checkConversation(t, k) })
	t.Run("numbers move", func(t *testing.T) { checkNumbers(t, k) })
	t.Run("a killed server is noticed and survived", func(t *testing.T) { namespace{t, n.name}.checkOutage() })
	t.Run("scale", func(t *testing.T) { checkScale(t, k) })
	t.Run("a second apply changes nothing", func(t *testing.T) { checkReapply(t, k) })
	t.Run("deletion leaves nothing", func(t *testing.T) { checkDeletion(t, k) })
}

func checkColumns(t *testing.T, k func(...string) string) {
	t.Helper()
	got := k("get", "tcpservers,tcpclients")
	for _, want := range []string{"READY", "SESSIONS", "ADDRESS", "TARGET", "AGE", "greeter.e2e-samples.svc:9527", "SessionsEstablished"} {
		if !strings.Contains(got, want) {
			t.Errorf("the columns lack %s:\n%s", want, got)
		}
	}
}

func checkConversation(t *testing.T, k func(...string) string) {
	within(t, 30*time.Second, "a reply of the client in the server's log", func() bool {
		return strings.Contains(k("logs", "deployment/greeter"), "Received msg 'response from the client ")
	})
	server, client := k("logs", "deployment/greeter"), k("logs", "deployment/caller")
	for log, wants := range map[string][]string{
		server: {"Starting TCP Server on 9527", "Connection made", "Received msg 'Hello server, I am the client ", "from Tcp Client"},
		client: {"Starting Connecting To Tcp Server", "Connection made", "Received msg 'response from the server ", "from Tcp Server"},
	} {
		for _, want := range wants {
			if !strings.Contains(log, want) {
				t.Errorf("a log lacks %q:\n%s", want, log)
			}
		}
	}
}

// checkNumbers waits for counters, which are written every 60 to 75 seconds.
func checkNumbers(t *testing.T, k func(...string) string) {
	within(t, 100*time.Second, "the client's messages and round trips in its status", func() bool {
		return number(t, k, "tcpclient/caller", "{.status.messages.received}") > 0 &&
			number(t, k, "tcpclient/caller", "{.status.roundTrip.p50Microseconds}") >= 5_000_000
	})
	within(t, 100*time.Second, "the server's messages in its status", func() bool {
		return number(t, k, "tcpserver/greeter", "{.status.messages.received}") > 0
	})
	for field, want := range map[string]int{"established": 1, "desired": 1, "lost": 0} {
		if got := number(t, k, "tcpclient/caller", "{.status.sessions."+field+"}"); got != want {
			t.Errorf("sessions.%s is %d, want %d", field, got, want)
		}
	}
}

// checkOutage kills a server. What its client says meanwhile is followed from
// before, as nobody can wait for a state that may have passed.
func (n namespace) checkOutage() {
	t, k := n.t, n.kubectl
	k("patch", "tcpclient/caller", "--type=merge", "-p", `{"spec":{"reconnect":{"initialDelay":"8s","maxDelay":"8s"}}}`)
	n.awaitReady("tcpclient/caller")

	ready := n.followReady("tcpclient/caller")
	within(t, 30*time.Second, "kubectl to follow the client", func() bool { return slices.Contains(ready.soFar(), "True") })
	k("delete", "pod", "-l", "tcp-operator.io/name=greeter", "--grace-period=0", "--force")
	k("wait", "--for=jsonpath={.status.outages[0].endTime}", "tcpclient/caller", "--timeout=90s")
	n.awaitReady("tcpclient/caller")
	within(t, 30*time.Second, "Ready to have been False", func() bool {
		return slices.Equal(ready.changes(), []string{"True", "False", "True"})
	})
	reason := k("get", "tcpclient/caller", "-o", "jsonpath={.status.outages[0].phase}/{.status.outages[0].reason}")
	if reason != "Session/PeerClosed" && reason != "Session/PeerReset" {
		t.Errorf("the outage's reason is %s, want the peer to have closed or reset", reason)
	}
	within(t, 30*time.Second, "events of the outage", func() bool {
		events := k("get", "events", "--field-selector=involvedObject.name=caller,involvedObject.kind=TcpClient")
		return strings.Contains(events, "OutageBegan") && strings.Contains(events, "OutageEnded")
	})
}

func checkScale(t *testing.T, k func(...string) string) {
	for _, n := range []string{"3", "1"} {
		for _, name := range []string{"tcpserver/greeter", "tcpclient/caller"} {
			k("scale", name, "--replicas="+n)
			k("wait", "--for=jsonpath={.status.readyReplicas}="+n, name, "--timeout=90s")
			k("wait", "--for=condition=Ready", name, "--timeout=90s")
		}
		within(t, 60*time.Second, "as many sessions as client pods", func() bool {
			return k("get", "tcpclient/caller", "-o", "jsonpath={.status.sessions.established}") == n
		})
	}
}

func checkReapply(t *testing.T, k func(...string) string) {
	before := k("get", "tcpserver/greeter", "-o", "jsonpath={.metadata.generation}")
	for _, apply := range [][]string{{"apply", "-f", sample(serverSample)}, {"apply", "--server-side", "-f", sample(serverSample)}} {
		k(apply...)
	}
	if after := k("get", "tcpserver/greeter", "-o", "jsonpath={.metadata.generation}"); after != before {
		t.Errorf("the generation went from %s to %s", before, after)
	}
}

func checkDeletion(t *testing.T, k func(...string) string) {
	k("delete", "tcpserver/greeter", "tcpclient/caller")
	within(t, 90*time.Second, "the children to be gone", func() bool {
		left := k("get", "deployments,replicasets,services,pods", "-l", "app.kubernetes.io/managed-by=tcp-operator", "-o", "name")
		return strings.TrimSpace(left) == ""
	})
}

func number(t *testing.T, k func(...string) string, resource, path string) int {
	t.Helper()
	text := k("get", resource, "-o", "jsonpath="+path)
	if text == "" {
		return 0
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("%s of %s is %q", path, resource, text)
	}
	return n
}
