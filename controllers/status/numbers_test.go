package status_test

import (
	"errors"
	"fmt"
	"math"
	"runtime"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tcp-operator.io/api/v1alpha1"
	"tcp-operator.io/controllers/fault"
	"tcp-operator.io/controllers/status"
	"tcp-operator.io/workload/snapshot"
	"tcp-operator.io/workload/spec"
)

// TestCounterIntervals holds that resources are told apart, and that none is
// written more than 60 times an hour.
func TestCounterIntervals(t *testing.T) {
	many := map[time.Duration]int{}
	for i := range 1000 {
		interval := status.CounterInterval("default", fmt.Sprint("caller-", i))
		if interval < time.Minute || interval >= 75*time.Second {
			t.Fatalf("an interval of %s", interval)
		}
		many[interval]++
	}
	for interval, n := range many {
		if n > 200 {
			t.Errorf("%d of 1000 resources have the interval %s", n, interval)
		}
	}
}

// TestWriteBudget holds when a server's counters are written: what the second
// look sees, after a first one at noon with one open session and 5 messages.
func TestWriteBudget(t *testing.T) {
	interval := status.CounterInterval(newServer().Namespace, newServer().Name)
	for _, test := range []struct {
		name    string
		after   time.Duration
		pods    status.PodsSeen
		ready   int32
		written int64 // messages received
		recheck time.Duration
	}{
		{"nothing moved", 10 * time.Second, said(listener(1, 5)), 1, 5, 0},
		{"nothing moved for long", time.Hour, said(listener(1, 5)), 1, 5, 0},
		{"counters wait for the end of their interval", 10 * time.Second, said(listener(1, 6)), 1, 5, interval - 10*time.Second},
		{"counters wait to the last moment", interval - time.Second, said(listener(1, 6)), 1, 5, time.Second},
		{"counters are written after their interval", interval, said(listener(1, 6)), 1, 6, 0},
		{"a session more is a mere counter", time.Second, said(listener(2, 6)), 1, 5, interval - time.Second},
		{"the last session's end is a counter", time.Second, said(listener(0, 6)), 1, 5, interval - time.Second},
		{"a condition's change takes the counters along", time.Second, said(listener(1, 6)), 0, 6, 0},
		{"silent pods leave the last numbers", time.Hour, silent("greeter-6d8f-p4wq7"), 1, 5, 0},
		{"pods that are gone count for nothing", time.Second, status.PodsSeen{}, 1, 0, 0},
		{"pods that start count for nothing", time.Second, status.PodsSeen{Names: []string{"greeter-a"}}, 1, 0, 0},
		{"pods that nobody has looked for leave the last numbers", time.Hour, status.PodsSeen{Unlisted: true}, 1, 5, 5 * time.Second},
	} {
		t.Run(test.name, func(t *testing.T) {
			cr := readyServer(t, said(listener(1, 5)))
			if len(test.pods.Snapshots) > 0 {
				test.pods.Time = noon.Add(test.after)
			}
			seen := status.ServerSeen{
				Deployment: deployment(test.ready, 1), Pods: test.pods,
				Service: &status.ServiceSeen{ExternalAddresses: []string{"192.0.2.1:9527"}},
			}
			got, recheck := serverStatus(t, cr, seen, nil, noon.Add(test.after))
			if got.Messages.Received != test.written || recheck != test.recheck {
				t.Errorf("written: %d, recheck after %s; want %d, %s", got.Messages.Received, recheck, test.written, test.recheck)
			}
			if test.written == 5 && test.pods.Silent == 0 {
				if diff := cmp.Diff(cr.Status, got); diff != "" {
					t.Errorf("there is something to write:\n%s", diff)
				}
			}
		})
	}
}

func TestClientWriteBudget(t *testing.T) {
	interval := status.CounterInterval(newClient().Namespace, newClient().Name)
	busier := func(open int64, outages ...snapshot.Outage) status.PodsSeen {
		s := caller(open, outages...)
		s.Messages.Received = 20
		return saidAt(noon.Add(10*time.Second), s)
	}
	tried := outage(time.Minute)
	tried.Attempts = 99
	for _, test := range []struct {
		name        string
		first, next status.PodsSeen
		written     int64 // messages received
		recheck     time.Duration
	}{
		{"nothing moved", said(caller(1)), said(caller(1)), 10, 0},
		{"counters wait for the end of their interval", said(caller(1)), busier(1), 10, interval - 10*time.Second},
		{"a lost session matters", said(caller(1)), busier(0), 20, 0},
		{"a new outage matters", said(caller(1)), busier(1, outage(time.Second, time.Second)), 20, 0},
		{"an outage's end matters", said(caller(0, outage(time.Minute))), busier(1, outage(time.Minute, time.Minute)), 20, 0},
		{"attempts in an outage are mere counters", said(caller(0, outage(time.Minute))), said(caller(0, tried)), 10, 0},
		{"silent pods leave the last numbers", said(caller(1)), silent("caller-5c7d-x2k9l"), 10, 0},
		{"pods that nobody has looked for leave the last numbers", said(caller(0, outage(time.Minute))), status.PodsSeen{Unlisted: true}, 10, 5 * time.Second},
	} {
		t.Run(test.name, func(t *testing.T) {
			cr := newClient()
			seen := status.ClientSeen{Deployment: deployment(1, 1), Pods: test.first}
			cr.Status, _ = clientStatus(t, cr, greeter, seen, nil, noon)
			seen.Pods = test.next
			got, recheck := clientStatus(t, cr, greeter, seen, nil, noon.Add(10*time.Second))
			if got.Messages.Received != test.written || recheck != test.recheck {
				t.Errorf("written: %d, recheck after %s; want %d, %s", got.Messages.Received, recheck, test.written, test.recheck)
			}
			if test.written == 10 && test.next.Silent == 0 {
				if diff := cmp.Diff(cr.Status, got); diff != "" {
					t.Errorf("there is something to write:\n%s", diff)
				}
			}
		})
	}
}

func TestNumbersAreSummedOverPods(t *testing.T) {
	a, b := caller(1), caller(1)
	b.Pod = "caller-b"
	cr := newClient()
	cr.Spec.Replicas, cr.Spec.Sessions = new(int32(2)), 3
	got, _ := clientStatus(t, cr, greeter, status.ClientSeen{Deployment: deployment(2, 2), Pods: said(a, b)}, nil, noon)
	want := v1alpha1.ClientSessionsStatus{Desired: 6, Established: 2, Opened: 6, Lost: 4}
	if diff := cmp.Diff(want, got.Sessions); diff != "" {
		t.Errorf("sessions (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(v1alpha1.MessagesStatus{Received: 20, Sent: 22}, got.Messages); diff != "" {
		t.Errorf("messages (-want +got):\n%s", diff)
	}
	if !got.ObservedTime.Equal(new(metav1.NewTime(noon))) || got.Target != "greeter.default.svc:9527" ||
		got.Selector != "tcp-operator.io/kind=TcpClient,tcp-operator.io/name=caller" {
		t.Errorf("status is %+v", got)
	}
}

// TestAFailedReadKeepsWhatWasKnown holds what others act on: an autoscaler on
// replicas, a waiting client on its target.
func TestAFailedReadKeepsWhatWasKnown(t *testing.T) {
	server := readyServer(t, said(listener(1, 5)))
	got, _ := serverStatus(t, server, status.ServerSeen{Pods: said(listener(1, 5))}, errPlain, noon)
	if diff := cmp.Diff(server.Status, got); diff != "" {
		t.Errorf("server:\n%s", diff)
	}
	client := readyClient(t, said(caller(1)))
	gotClient, _ := clientStatus(t, client, spec.Address{}, status.ClientSeen{Pods: said(caller(1))}, errPlain, noon)
	if diff := cmp.Diff(client.Status, gotClient); diff != "" {
		t.Errorf("client:\n%s", diff)
	}
	elsewhere := spec.Address{Host: greeter.Host, Port: 7000}
	later := errors.New("not now")
	for _, err := range []error{errPlain, &fault.Invalid{Reason: v1alpha1.ReasonRefused, Err: later}, &fault.Waiting{Reason: v1alpha1.ReasonRetrying, Err: later}} {
		untold, _ := clientStatus(t, client, elsewhere, status.ClientSeen{Pods: said(caller(1))}, err, noon)
		if untold.Target != client.Status.Target {
			t.Errorf("%T: the target is %s before the pods were told", err, untold.Target)
		}
	}
	gone, _ := clientStatus(t, client, spec.Address{}, status.ClientSeen{}, errNotReady, noon)
	if gone.Target != "" || gone.Replicas != 0 {
		t.Errorf("what is known to be gone stays: %+v", gone)
	}
}

// histogram encodes microseconds as a pod does.
func histogram(t *testing.T, lowest, highest int64, digits int, microseconds ...int64) string {
	t.Helper()
	h := hdrhistogram.New(lowest, highest, digits)
	for _, v := range microseconds {
		if err := h.RecordValue(v); err != nil {
			t.Fatal(err)
		}
	}
	text, err := h.Encode(hdrhistogram.V2CompressedEncodingCookieBase)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestRoundTripsOfAllPodsAreMerged(t *testing.T) {
	const twoHours = 7_200_000_000
	fast := histogram(t, 1, twoHours, 2, 100, 100, 100)
	slow := histogram(t, 1, twoHours, 2, 5_000_000)
	for _, test := range []struct {
		name  string
		texts []string
		want  *v1alpha1.RoundTripStatus
	}{
		{"none has measured", nil, nil},
		{"one has", []string{fast}, &v1alpha1.RoundTripStatus{P50Microseconds: 100, P99Microseconds: 100}},
		{"two have", []string{fast, slow}, &v1alpha1.RoundTripStatus{P50Microseconds: 100, P99Microseconds: 5_013_503}},
		{"in another order", []string{slow, fast}, &v1alpha1.RoundTripStatus{P50Microseconds: 100, P99Microseconds: 5_013_503}},
		{"an empty one", []string{histogram(t, 1, twoHours, 2)}, nil},
		{"garbage", []string{"garbage", fast, "", "AAAA", fast[:20]}, &v1alpha1.RoundTripStatus{P50Microseconds: 100, P99Microseconds: 100}},
		{"only garbage", []string{"garbage"}, nil},
		{"one of a narrow range first", []string{histogram(t, 1, 200, 1, 100), slow, slow, slow},
			&v1alpha1.RoundTripStatus{P50Microseconds: 5_013_503, P99Microseconds: 5_013_503}},
		{"one that asks for much memory", []string{fast, histogram(t, 1, math.MaxInt64, 5, 1, 2, 3, 4)},
			&v1alpha1.RoundTripStatus{P50Microseconds: 100, P99Microseconds: 100}},
	} {
		t.Run(test.name, func(t *testing.T) {
			var pods []snapshot.Snapshot
			for _, text := range test.texts {
				s := caller(1)
				s.RoundTrip = &snapshot.RoundTrip{Histogram: text}
				pods = append(pods, s)
			}
			pods = append(pods, caller(1)) // has measured nothing
			got, _ := clientStatus(t, newClient(), greeter, status.ClientSeen{Deployment: deployment(1, 1), Pods: said(pods...)}, nil, noon)
			if diff := cmp.Diff(test.want, got.RoundTrip); diff != "" {
				t.Errorf("round trip (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAHistogramCostsLittleMemory(t *testing.T) {
	greedy := caller(1)
	greedy.RoundTrip = &snapshot.RoundTrip{Histogram: histogram(t, 1, math.MaxInt64, 5, 1)}
	seen := status.ClientSeen{Deployment: deployment(1, 1), Pods: said(greedy)}
	cr := newClient()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	status.Client(cr, greeter, seen, nil, noon)
	runtime.ReadMemStats(&after)
	if taken := after.TotalAlloc - before.TotalAlloc; taken > 1<<20 {
		t.Errorf("one status took %d bytes", taken)
	}
}
