package page

import (
	"errors"
	"fmt"
	"strconv"
	"testing"

	eventsv1 "k8s.io/api/events/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"tcp-operator.io/controllers/status"
	"tcp-operator.io/topology"
	"tcp-operator.io/workload/snapshot"
)

// parts answers as an API server does that keeps n parts of one event each;
// from the part bad on, it fails.
func parts(n, bad int, failure error) func(string) (eventsv1.EventList, error) {
	return func(next string) (eventsv1.EventList, error) {
		i, _ := strconv.Atoi(next) // "" is the first
		if failure != nil && i >= bad {
			return eventsv1.EventList{}, failure
		}
		part := eventsv1.EventList{Items: []eventsv1.Event{{Reason: fmt.Sprint("R", i)}}}
		if i+1 < n {
			part.Continue = strconv.Itoa(i + 1)
		}
		return part, nil
	}
}

// TestEventsAreReadToTheirEnd: the API server sorts by name, so that the newest
// may come last.
func TestEventsAreReadToTheirEnd(t *testing.T) {
	expired, broken := apierrors.NewResourceExpired("the list is too old"), errors.New("broken")
	for name, c := range map[string]struct {
		parts, bad int
		failure    error
		want       int // events
		fails      bool
	}{
		"one part":                  {parts: 1, want: 1},
		"three parts":               {parts: 3, want: 3},
		"without an end":            {parts: 1 << 30, want: maxEventParts},
		"one that grew too old":     {parts: 5, bad: 2, failure: expired, want: 2},
		"one that is old at once":   {parts: 5, bad: 0, failure: expired, fails: true},
		"one that broke on its way": {parts: 5, bad: 2, failure: broken, fails: true},
	} {
		got, err := allParts(parts(c.parts, c.bad, c.failure))
		if len(got) != c.want || (err != nil) != c.fails {
			t.Errorf("%s: %d events, %v; want %d", name, len(got), err, c.want)
		}
		for i, e := range got {
			if want := fmt.Sprint("R", i); e.Reason != want {
				t.Errorf("%s: event %d is %s, want %s", name, i, e.Reason, want)
			}
		}
	}
}

// TestAManagerThatHasListedNoPodsIsNotLive: what it does not know must not pass
// for pods that do not answer.
func TestAManagerThatHasListedNoPodsIsNotLive(t *testing.T) {
	for _, listed := range []bool{false, true} {
		seen := topology.Seen{Snapshots: map[topology.Key][]snapshot.Snapshot{}, Pods: map[topology.Key]int{}}
		Cluster{Pods: twoPods(listed)}.add(&seen, greeter)
		pods, known := seen.Pods[greeter]
		if known != listed || listed && (pods != 2 || len(seen.Snapshots[greeter]) != 1) {
			t.Errorf("listed %v: %d pods, known %v, snapshots %v", listed, pods, known, seen.Snapshots)
		}
	}
}

// twoPods are those of a resource of which one answered, if they were listed.
type twoPods bool

func (p twoPods) Listed() bool { return bool(p) }

func (p twoPods) Seen(string, client.ObjectKey) status.PodsSeen {
	if !p {
		return status.PodsSeen{Unlisted: true}
	}
	return status.PodsSeen{Names: []string{"a", "b"}, Snapshots: []snapshot.Snapshot{{Pod: "a"}}, Silent: 1}
}
