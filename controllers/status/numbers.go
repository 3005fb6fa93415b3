package status

import (
	"cmp"
	"slices"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tcp-operator.io/api/v1alpha1"
	"tcp-operator.io/workload/snapshot"
)

func addMessages(sum *v1alpha1.MessagesStatus, m snapshot.Messages) {
	sum.Received += m.Received
	sum.Sent += m.Sent
	sum.Exceptions += m.Exceptions
}

// roundTrip merges the histograms of all pods; nil when none has measured one.
func roundTrip(snapshots []snapshot.Snapshot) *v1alpha1.RoundTripStatus {
	var all *hdrhistogram.Histogram
	for _, s := range snapshots {
		if s.RoundTrip == nil {
			continue
		}
		one, err := hdrhistogram.Decode([]byte(s.RoundTrip.Histogram))
		if err != nil {
			continue // a pod's garbage costs its own share only
		}
		if all == nil {
			all = one
		} else {
			all.Merge(one)
		}
	}
	if all == nil || all.TotalCount() == 0 {
		return nil
	}
	return &v1alpha1.RoundTripStatus{
		P50Microseconds: all.ValueAtQuantile(50),
		P99Microseconds: all.ValueAtQuantile(99),
	}
}

// maxOutages is how many outages a status keeps.
const maxOutages = 10

type outageKey struct {
	pod, localAddress string
	start             int64 // microseconds: what the API keeps
}

// outages merges what pods report now into what was known before, newest
// first. Pods forget with their process; the status does not. An outage of a
// pod that is gone ends when that is noticed.
func outages(before []v1alpha1.Outage, pods PodsSeen, now time.Time) []v1alpha1.Outage {
	byKey := map[outageKey]v1alpha1.Outage{}
	for _, o := range before {
		if o.EndTime == nil && !slices.Contains(pods.Names, o.Pod) {
			o = ended(o, now)
		}
		byKey[keyOf(o)] = o
	}
	for _, s := range pods.Snapshots {
		for _, o := range s.Outages {
			fresh := outageOf(o, s)
			byKey[keyOf(fresh)] = fresh
		}
	}
	all := make([]v1alpha1.Outage, 0, len(byKey))
	for _, o := range byKey {
		all = append(all, o)
	}
	slices.SortFunc(all, newestFirst)
	if len(all) == 0 {
		return nil
	}
	return all[:min(len(all), maxOutages)]
}

func keyOf(o v1alpha1.Outage) outageKey {
	return outageKey{pod: o.Pod, localAddress: o.LocalAddress, start: o.StartTime.UnixMicro()}
}

func newestFirst(a, b v1alpha1.Outage) int {
	return cmp.Or(b.StartTime.Compare(a.StartTime.Time), cmp.Compare(a.Pod, b.Pod), cmp.Compare(a.LocalAddress, b.LocalAddress))
}

func ended(o v1alpha1.Outage, at time.Time) v1alpha1.Outage {
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
