//go:build e2e

package e2e

import (
	"slices"
	"testing"
	"time"

	"tcp-operator.io/workload/snapshot"
)

const (
	stormSessions = 100
	stormDelay    = 15 * time.Second // reconnect.maxDelay below

	stormManifests = `
apiVersion: tcp-operator.io/v1alpha1
kind: TcpServer
metadata: {name: greeter}
spec: {reply: {delay: 1s}}
---
apiVersion: tcp-operator.io/v1alpha1
kind: TcpClient
metadata: {name: crowd}
spec:
  serverRef: {name: greeter}
  sessions: 100
  reply: {delay: 5s}
  connect: {timeout: 900ms}
  reconnect: {initialDelay: 15s, maxDelay: 15s, jitterPercent: 100}
`
)

// TestReconnectStorm kills a server with 100 sessions. They all learn of it at
// the same moment, and with full jitter do not come back at the same moment.
//
// While the Service has no endpoint most attempts are dropped rather than
// refused, as the kernel limits how many it answers. It would try each again
// after a second, in one burst with the next ones: hence the short timeout.
func TestReconnectStorm(t *testing.T) {
	t.Parallel()
	n := newNamespace(t, "e2e-storm")
	n.apply(stormManifests)
	n.awaitReady("tcpserver/greeter", "tcpclient/crowd")

	server := n.killAndAwait(n.pod("TcpServer", "greeter"))
	var sessions []snapshot.SessionInfo
	within(t, time.Minute, "every session to be back", func() bool {
		sessions = n.sessions(server)
		return len(sessions) == stormSessions
	})
	starts := make([]time.Time, 0, len(sessions))
	for _, s := range sessions {
		starts = append(starts, s.StartTime)
	}
	slices.SortFunc(starts, time.Time.Compare)
	spread, most := starts[len(starts)-1].Sub(starts[0]), peak(starts, 100*time.Millisecond)
	t.Logf("%d sessions came back within %s of the first, at most %d in 100 ms", len(starts), spread.Round(time.Millisecond), most)
	if spread > 2*stormDelay {
		t.Errorf("the last session came %s after the first, want at most twice the delay of %s", spread, stormDelay)
	}
	if most > stormSessions/10 {
		t.Errorf("%d sessions came within 100 ms, want at most a tenth of %d", most, stormSessions)
	}
	n.awaitReady("tcpserver/greeter", "tcpclient/crowd")
}

// peak is the largest number of sorted moments in any window.
func peak(moments []time.Time, window time.Duration) int {
	most := 0
	for i, first := range moments {
		count, _ := slices.BinarySearchFunc(moments[i:], first.Add(window), time.Time.Compare)
		most = max(most, count)
	}
	return most
}
