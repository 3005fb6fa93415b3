//go:build e2e

package e2e

import (
	"encoding/json"

	corev1 "k8s.io/api/core/v1"

	"tcp-operator.io/workload/snapshot"
)

// record is a line of the workload's log.
type record struct {
	Msg      string             `json:"msg"`
	Reason   snapshot.Reason    `json:"reason"`
	Session  any                `json:"session"`     // an id; in "Outage over" a number
	Received int64              `json:"received"`    // messages of a session that was lost
	Owed     int64              `json:"repliesOwed"` // by a session that was lost
	Snapshot *snapshot.Snapshot `json:"snapshot"`    // the last of a process
}

// followLogs follows the logs of pods, in their order.
func (n namespace) followLogs(pods []corev1.Pod) []*follower {
	n.t.Helper()
	var all []*follower
	for _, pod := range pods {
		all = append(all, n.follow("logs", "-f", pod.Name))
	}
	return all
}

// records returns the lines of the log of a process that ends.
func (n namespace) records(log *follower) []record {
	n.t.Helper()
	var all []record
	for _, line := range n.ended(log) {
		var r record
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			n.t.Fatalf("a log has the line %q: %v", line, err)
		}
		all = append(all, r)
	}
	return all
}

// allRecords returns the lines of all the logs.
func (n namespace) allRecords(logs []*follower) [][]record {
	n.t.Helper()
	var all [][]record
	for _, log := range logs {
		all = append(all, n.records(log))
	}
	return all
}

// finals returns what processes said of themselves at their end. One that was
// killed says nothing, which fails the test.
func finals(n namespace, logs [][]record) []snapshot.Snapshot {
	n.t.Helper()
	var all []snapshot.Snapshot
	for _, log := range logs {
		if len(log) == 0 || log[len(log)-1].Snapshot == nil {
			n.t.Fatalf("a process has ended without its final snapshot: %v", log)
		}
		all = append(all, *log[len(log)-1].Snapshot)
	}
	return all
}
