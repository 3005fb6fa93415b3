//go:build e2e

package e2e

import (
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"

	"tcp-operator.io/workload/snapshot"
)

const rolloutManifests = `
apiVersion: tcp-operator.io/v1alpha1
kind: TcpServer
metadata: {name: greeter}
spec: {replicas: 2, framing: Line, reply: {delay: 500ms, text: "first {sequence}"}}
---
apiVersion: tcp-operator.io/v1alpha1
kind: TcpClient
metadata: {name: caller}
spec:
  serverRef: {name: greeter}
  replicas: 2
  sessions: 10
  framing: Line
  greeting: ping
  reply: {delay: 200ms, text: ping}
  reconnect: {initialDelay: 10s, maxDelay: 10s}
`

// TestRolloutUnderClients rolls a server under 20 sessions that talk all the
// time, and then accounts for every message and every byte. The sessions come
// back 14 s after their pod was deleted, with 5 s for its withdrawal; by then
// the other old pod is withdrawn too, so that none is lost twice.
func TestRolloutUnderClients(t *testing.T) {
	t.Parallel()
	n := newNamespace(t, "e2e-rollout")
	n.apply(rolloutManifests)
	n.awaitReady("tcpserver/greeter", "tcpclient/caller")
	callers := n.pods("TcpClient", "caller")
	serverLogs, clientLogs := n.followLogs(n.pods("TcpServer", "greeter")), n.followLogs(callers)
	within(t, time.Minute, "a conversation on every session", func() bool { return n.received(callers) >= 100 })

	n.patch("tcpserver/greeter", `{"reply":{"text":"second {sequence}"}}`)
	old := finals(n, n.allRecords(serverLogs))
	n.awaitReady("tcpserver/greeter", "tcpclient/caller")
	n.checkUntouched(callers)

	n.kubectl("scale", "tcpclient/caller", "--replicas=0")
	records := n.allRecords(clientLogs)
	clients, fresh := finals(n, records), n.drained(n.pods("TcpServer", "greeter"))
	checkPromises(t, old, records)
	checkReconnects(t, clients, records)
	checkConservation(t, clients, append(old, fresh...))
}

// received is how many messages have come to the pods.
func (n namespace) received(pods []corev1.Pod) int64 {
	n.t.Helper()
	var sum int64
	for _, pod := range pods {
		sum += n.snapshot(pod).Messages.Received
	}
	return sum
}

// drained returns the snapshots of server pods once all their sessions have
// ended.
func (n namespace) drained(pods []corev1.Pod) []snapshot.Snapshot {
	n.t.Helper()
	var all []snapshot.Snapshot
	for _, pod := range pods {
		within(n.t, time.Minute, "the last session of "+pod.Name+" to end", func() bool { return n.snapshot(pod).Sessions.Open == 0 })
		all = append(all, n.snapshot(pod))
	}
	return all
}

// checkPromises holds that each of the old servers has sent a reply to every
// message it took, and that all these replies have come.
func checkPromises(t *testing.T, old []snapshot.Snapshot, clients [][]record) {
	t.Helper()
	var promised, sent, came, lost int64
	for _, s := range old {
		promised += s.Messages.Received
		sent += s.Messages.Sent
		if s.Closes[snapshot.Drained] != s.Sessions.Opened {
			t.Errorf("server %s has closed its sessions with %v, want all %d drained", s.Pod, s.Closes, s.Sessions.Opened)
		}
	}
	for _, log := range clients {
		for _, r := range log {
			if r.Msg == "Connection lost" && r.Reason == snapshot.PeerClosed {
				came += r.Received
				lost++
			}
		}
	}
	t.Logf("replies of the old servers: %d promised, %d sent, %d came, on %d sessions", promised, sent, came, lost)
	if promised != sent || sent != came {
		t.Errorf("%d replies were promised, %d sent, and %d came", promised, sent, came)
	}
}

// checkReconnects holds that no session was lost twice, and that no attempt
// failed.
func checkReconnects(t *testing.T, clients []snapshot.Snapshot, records [][]record) {
	t.Helper()
	for i, s := range clients {
		outages := map[any]int{}
		for _, r := range records[i] {
			if r.Msg == "Outage over" {
				outages[r.Session]++
			}
		}
		t.Logf("client %s: %d sessions, %d lost, failed attempts %v", s.Pod, s.Sessions.Desired, s.Sessions.Lost, failed(s))
		for session, times := range outages {
			if times > 1 {
				t.Errorf("session %v of %s was lost %d times", session, s.Pod, times)
			}
		}
		if len(failed(s)) > 0 || s.Closes[snapshot.PeerClosed] != s.Sessions.Lost {
			t.Errorf("client %s: failed attempts %v, closes %v; want none refused, and all lost sessions closed with FIN", s.Pod, failed(s), s.Closes)
		}
	}
}

// failed are the reasons with which attempts have failed.
func failed(s snapshot.Snapshot) map[snapshot.Reason]int64 {
	some := map[snapshot.Reason]int64{}
	for reason, count := range s.Failures {
		if count > 0 {
			some[reason] = count
		}
	}
	return some
}

// checkConservation holds that every byte that was sent has come, in both
// directions. What the clients sent was answered, or came to a server that
// was draining and promised nothing any more.
func checkConservation(t *testing.T, clients, servers []snapshot.Snapshot) {
	t.Helper()
	const ping = int64(len("ping\n"))
	var client, server snapshot.Snapshot
	for _, s := range clients {
		add(&client, s)
	}
	for _, s := range servers {
		add(&server, s)
	}
	dropped := server.Bytes.Received/ping - server.Messages.Received
	t.Logf("clients sent %d messages: %d were answered, %d came during the drain", client.Messages.Sent, server.Messages.Sent, dropped)
	t.Logf("servers sent %d messages, %d bytes; clients received %d bytes", server.Messages.Sent, server.Bytes.Sent, client.Bytes.Received)
	if client.Messages.Sent != server.Messages.Sent+dropped || client.Bytes.Sent != server.Bytes.Received {
		t.Errorf("clients sent %d messages, %d bytes; servers answered %d, dropped %d, received %d bytes",
			client.Messages.Sent, client.Bytes.Sent, server.Messages.Sent, dropped, server.Bytes.Received)
	}
	if server.Bytes.Sent != client.Bytes.Received {
		t.Errorf("servers sent %d bytes, clients received %d", server.Bytes.Sent, client.Bytes.Received)
	}
}

func add(sum *snapshot.Snapshot, s snapshot.Snapshot) {
	sum.Messages.Received += s.Messages.Received
	sum.Messages.Sent += s.Messages.Sent
	sum.Bytes.Received += s.Bytes.Received
	sum.Bytes.Sent += s.Bytes.Sent
}
