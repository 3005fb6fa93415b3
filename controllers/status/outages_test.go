package status_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tcp-operator.io/api/v1alpha1"
	"tcp-operator.io/controllers/status"
	"tcp-operator.io/workload/snapshot"
)

// told writes outages as "pod -60s +5s" (began 60 s before noon, took 5 s);
// one that lasts has no length.
func told(outages []v1alpha1.Outage) []string {
	all := []string{}
	for _, o := range outages {
		text := fmt.Sprintf("%s %s", o.Pod, o.StartTime.Sub(noon))
		if o.EndTime != nil {
			text += fmt.Sprintf(" +%s", time.Duration(o.DurationMilliseconds)*time.Millisecond)
		}
		all = append(all, text)
	}
	return all
}

// of makes s the snapshot of the named pod.
func of(pod string, s snapshot.Snapshot) snapshot.Snapshot {
	s.Pod = pod
	return s
}

// restarted makes s the snapshot of a process that started at noon.
func restarted(s snapshot.Snapshot) snapshot.Snapshot {
	s.StartTime, s.Instance = noon, "j"
	return s
}

func from(o snapshot.Outage, localAddress string) snapshot.Outage {
	o.LocalAddress = localAddress
	return o
}

// many are n outages that ended, one each minute before noon.
func many(n int) []snapshot.Outage {
	var all []snapshot.Outage
	for i := range n {
		all = append(all, outage(time.Duration(i+1)*time.Minute, time.Second))
	}
	return all
}

func TestOutages(t *testing.T) {
	const second, minute = time.Second, time.Minute
	attempt := from(outage(minute), "")
	for _, test := range []struct {
		name        string
		first, next status.PodsSeen
		want        []string
	}{
		{"a new one is taken up", said(of("pod-a", caller(1))), said(of("pod-a", caller(0, outage(second)))), []string{"pod-a -1s"}},
		{"one that lasts goes on", said(of("pod-a", caller(0, outage(minute)))), said(of("pod-a", caller(0, outage(minute)))), []string{"pod-a -1m0s"}},
		{"one that ended has its length", said(of("pod-a", caller(0, outage(minute)))), said(of("pod-a", caller(1, outage(minute, 5*second)))), []string{"pod-a -1m0s +5s"}},
		{"those of two pods are merged, newest first", said(of("pod-a", caller(0, outage(minute)))),
			said(of("pod-a", caller(0, outage(minute))), of("pod-b", caller(0, outage(second)))), []string{"pod-b -1s", "pod-a -1m0s"}},
		{"those of one moment are in the order of their pods", said(),
			said(of("pod-b", caller(0, outage(second))), of("pod-a", caller(0, outage(second)))), []string{"pod-a -1s", "pod-b -1s"}},
		{"a pod that is gone ends its own", said(of("pod-a", caller(0, outage(minute)))), said(of("pod-b", caller(1))), []string{"pod-a -1m0s +1m10s"}},
		{"a pod that is gone ends its own while its successor starts", said(of("pod-a", caller(0, outage(minute)))),
			status.PodsSeen{Names: []string{"pod-b"}}, []string{"pod-a -1m0s +1m10s"}},
		{"a pod that is gone ends its own while others are silent", said(of("pod-a", caller(0, outage(minute)))), silent("pod-b"), []string{"pod-a -1m0s +1m10s"}},
		{"a silent pod does not end its own", said(of("pod-a", caller(0, outage(minute)))), silent("pod-a"), []string{"pod-a -1m0s"}},
		{"a starting operator does not end any", said(of("pod-a", caller(0, outage(minute)))), status.PodsSeen{Unlisted: true}, []string{"pod-a -1m0s"}},
		{"a new process ends what its predecessor left", said(of("pod-a", caller(0, outage(minute)))), said(of("pod-a", restarted(caller(0)))), []string{"pod-a -1m0s +1m10s"}},
		{"a process that forgot one that ended does not change it", said(of("pod-a", caller(1, outage(minute, 5*second)))), said(of("pod-a", restarted(caller(1)))), []string{"pod-a -1m0s +5s"}},
		{"an outage that began on a faster clock does not end before it began", said(of("pod-a", caller(0, outage(-minute)))), said(of("pod-b", caller(1))), []string{"pod-a 1m0s +0s"}},
		{"attempts that all failed from the start count as one, until the last is over",
			said(), said(of("pod-a", caller(0, ended(attempt, 2*second), attempt, ended(attempt, second)))), []string{"pod-a -1m0s"}},
		{"attempts that all failed from the start count as one, as long as the longest",
			said(), said(of("pod-a", caller(1, ended(attempt, 2*second), ended(attempt, 3*second), ended(attempt, second)))), []string{"pod-a -1m0s +3s"}},
		{"two sessions that were lost at once count as two", said(),
			said(of("pod-a", caller(0, from(outage(second), "10.0.0.7:1"), from(outage(second), "10.0.0.7:2")))), []string{"pod-a -1s", "pod-a -1s"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			cr := newClient()
			seen := status.ClientSeen{Deployment: deployment(1, 1), Pods: test.first}
			cr.Status, _ = clientStatus(t, cr, greeter, seen, nil, noon)
			seen.Pods = test.next
			got, _ := clientStatus(t, cr, greeter, seen, nil, noon.Add(10*time.Second))
			if diff := cmp.Diff(test.want, told(got.Outages)); diff != "" {
				t.Errorf("outages (-want +got):\n%s", diff)
			}
		})
	}
}

// ended is o, over after length.
func ended(o snapshot.Outage, length time.Duration) snapshot.Outage {
	end := o.StartTime.Add(length)
	o.EndTime, o.DurationMilliseconds = &end, length.Milliseconds()
	return o
}

func TestTheTenNewestOutagesAreKept(t *testing.T) {
	cr := newClient()
	seen := status.ClientSeen{Deployment: deployment(1, 1), Pods: said(of("pod-a", caller(1, many(10)...)))}
	cr.Status, _ = clientStatus(t, cr, greeter, seen, nil, noon)
	seen.Pods = said(of("pod-a", caller(1, many(10)...)), of("pod-b", caller(1, outage(90*time.Second, time.Second))))
	got, _ := clientStatus(t, cr, greeter, seen, nil, noon)
	outages := told(got.Outages)
	if len(outages) != 10 || outages[0] != "pod-a -1m0s +1s" || outages[1] != "pod-b -1m30s +1s" || outages[9] != "pod-a -9m0s +1s" {
		t.Errorf("outages are %q", outages)
	}
}

func TestAnOutageTellsWhatHappened(t *testing.T) {
	got, _ := clientStatus(t, newClient(), greeter, status.ClientSeen{Deployment: deployment(1, 1), Pods: said(caller(1, outage(30*time.Second, 1500*time.Millisecond)))}, nil, noon)
	o := got.Outages[0]
	if !o.StartTime.Time.Equal(noon.Add(-30*time.Second)) || !o.EndTime.Time.Equal(noon.Add(-28500*time.Millisecond)) {
		t.Errorf("from %s to %s", o.StartTime, o.EndTime)
	}
	want := v1alpha1.Outage{
		StartTime: o.StartTime, EndTime: o.EndTime, DurationMilliseconds: 1500, Phase: "Session", Reason: "PeerReset", ClosedBy: "Peer",
		Pod: "caller-5c7d-x2k9l", Node: "worker-1", LocalAddress: "10.0.0.7:41234", RemoteAddress: "10.0.0.9:9527",
		SessionAgeSeconds: 811, Attempts: 2,
	}
	if diff := cmp.Diff(want, o); diff != "" {
		t.Errorf("outage (-want +got):\n%s", diff)
	}
}
