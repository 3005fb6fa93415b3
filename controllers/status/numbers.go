package status

import (
	"cmp"
	"maps"
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tcp-operator.io/api/v1alpha1"
	"tcp-operator.io/workload/snapshot"
)

func addMessages(sum *v1alpha1.MessagesStatus, m snapshot.Messages) {
	sum.Received += m.Received
	sum.Sent += m.Sent
	sum.Exceptions += m.Exceptions
}

// maxOutages is how many outages a status keeps.
const maxOutages = 10

type outageKey struct {
	pod, localAddress string
	start             int64 // microseconds: what the API keeps
}

// outages merges what pods report now into what was known before, newest
// first. Pods forget with their process; the status does not. An outage whose
// pod or process is gone ends when that is noticed.
func outages(before []v1alpha1.Outage, pods PodsSeen, now time.Time) []v1alpha1.Outage {
	byKey := map[outageKey]v1alpha1.Outage{}
	for _, o := range before {
		if o.EndTime == nil && !mayLast(o, pods) {
			o = ended(o, now)
		}
		byKey[keyOf(o)] = o
	}
	for _, s := range pods.Snapshots {
		maps.Copy(byKey, reported(s))
	}
	all := make([]v1alpha1.Outage, 0, len(byKey))
	for _, o := range byKey {
		all = append(all, o)
	}
	if len(all) == 0 {
		return nil
	}
	// One that is over never takes the place of one that lasts.
	slices.SortFunc(all, func(a, b v1alpha1.Outage) int { return cmp.Or(lastingFirst(a, b), newestFirst(a, b)) })
	all = all[:min(len(all), maxOutages)]
	slices.SortFunc(all, newestFirst)
	return all
}

func lastingFirst(a, b v1alpha1.Outage) int {
	switch {
	case a.EndTime == nil && b.EndTime != nil:
		return -1
	case a.EndTime != nil && b.EndTime == nil:
		return 1
	}
	return 0
}

// mayLast tells that nothing speaks against o: its pod is there and did not
// answer. A pod that answers reports those that last. It leaves some out only
// when there are so many newer ones that a status has no room for them either.
func mayLast(o v1alpha1.Outage, pods PodsSeen) bool {
	return slices.Contains(pods.Names, o.Pod) &&
		!slices.ContainsFunc(pods.Snapshots, func(s snapshot.Snapshot) bool { return s.Pod == o.Pod })
}

// reported are the outages of one pod. Sessions that all failed from the
// process's start on have one key: they count as one outage, which lasts until
// the last of them is established.
func reported(s snapshot.Snapshot) map[outageKey]v1alpha1.Outage {
	byKey := map[outageKey]v1alpha1.Outage{}
	for _, o := range s.Outages {
		fresh := outageOf(o, s)
		if old, ok := byKey[keyOf(fresh)]; !ok || outlasts(fresh, old) {
			byKey[keyOf(fresh)] = fresh
		}
	}
	return byKey
}

func outlasts(a, b v1alpha1.Outage) bool {
	if a.EndTime == nil || b.EndTime == nil {
		return b.EndTime != nil
	}
	return a.DurationMilliseconds > b.DurationMilliseconds
}

func keyOf(o v1alpha1.Outage) outageKey {
	return outageKey{pod: o.Pod, localAddress: o.LocalAddress, start: o.StartTime.UnixMicro()}
}

func newestFirst(a, b v1alpha1.Outage) int {
	return cmp.Or(b.StartTime.Compare(a.StartTime.Time), cmp.Compare(a.Pod, b.Pod), cmp.Compare(a.LocalAddress, b.LocalAddress))
}

// ended is o with its end, which is not before its start: the clocks of two
// machines differ.
func ended(o v1alpha1.Outage, at time.Time) v1alpha1.Outage {
	if at.Before(o.StartTime.Time) {
		at = o.StartTime.Time
	}
	end := metav1.NewMicroTime(at.Truncate(time.Microsecond))
	o.EndTime = &end
	o.DurationMilliseconds = at.Sub(o.StartTime.Time).Milliseconds()
	return o
}

func outageOf(o snapshot.Outage, s snapshot.Snapshot) v1alpha1.Outage {
	out := v1alpha1.Outage{
		StartTime:         metav1.NewMicroTime(o.StartTime.Truncate(time.Microsecond)),
		Phase:             string(o.Phase),
		Reason:            string(o.Reason),
		ClosedBy:          string(o.ClosedBy),
		Pod:               s.Pod,
		Node:              s.Node,
		LocalAddress:      o.LocalAddress,
		RemoteAddress:     o.RemoteAddress,
		SessionAgeSeconds: o.SessionAgeSeconds,
		Attempts:          o.Attempts,
	}
	if o.EndTime != nil {
		out = ended(out, *o.EndTime)
		out.DurationMilliseconds = o.DurationMilliseconds
	}
	return out
}

// sameOutages compares what matters: which outages there are and which have
// ended. Attempts that add up in an open outage are mere counters.
func sameOutages(a, b []v1alpha1.Outage) bool {
	return slices.EqualFunc(a, b, func(a, b v1alpha1.Outage) bool {
		return keyOf(a) == keyOf(b) && (a.EndTime == nil) == (b.EndTime == nil)
	})
}
