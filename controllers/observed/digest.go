package observed

import (
	"fmt"
	"strings"

	"tcp-operator.io/controllers/status"
	"tcp-operator.io/workload/snapshot"
)

// digest is what two looks at the same pods are compared by.
type digest struct {
	matters  string // worth a reconcile at once
	counters [6]int64
}

func digestOf(pods status.PodsSeen) digest {
	var d digest
	var b strings.Builder
	fmt.Fprint(&b, pods.Names, pods.Silent, pods.Why)
	for _, s := range pods.Snapshots {
		fmt.Fprintln(&b, s.Pod, s.Instance, s.Ready, s.Verdict, s.Sessions.Opened == 0, s.Sessions.Open >= s.Sessions.Desired)
		for _, o := range s.Outages {
			fmt.Fprintln(&b, o.Session, o.StartTime.UnixMicro(), o.EndTime == nil)
		}
		if f := s.LastFailure; f != nil {
			fmt.Fprintln(&b, f.Phase, f.Reason)
		}
		for i, n := range countersOf(s) {
			d.counters[i] += n
		}
	}
	d.matters = b.String()
	return d
}

func countersOf(s snapshot.Snapshot) [6]int64 {
	return [...]int64{
		s.Sessions.Open, s.Sessions.Opened, s.Sessions.Rejected, s.Sessions.Lost, s.Messages.Received, s.Messages.Sent,
	}
}
