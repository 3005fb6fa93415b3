package observed

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"tcp-operator.io/controllers/desired"
	"tcp-operator.io/controllers/status"
	"tcp-operator.io/workload/snapshot"
)

var noon = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)

// look is one round: what is seen of the client "caller", and when.
type look struct {
	after time.Duration
	pods  *status.PodsSeen // nil: it has none
	want  bool             // it is enqueued
}

// pods are those of caller; open and received are what its pod reports.
func pods(open, received int64, change ...func(*snapshot.Snapshot)) *status.PodsSeen {
	s := valid()
	s.Pod, s.Outages, s.LastFailure = "caller-a", nil, nil
	s.Sessions.Open, s.Messages.Received = open, received
	for _, c := range change {
		c(&s)
	}
	return &status.PodsSeen{Snapshots: []snapshot.Snapshot{s}, Names: []string{s.Pod}, Time: noon}
}

func TestWhenAResourceIsEnqueued(t *testing.T) {
	const second = time.Second
	caller := resource{"TcpClient", client.ObjectKey{Namespace: "default", Name: "caller"}}
	interval := status.CounterInterval(caller.key.Namespace, caller.key.Name)
	outage := func(s *snapshot.Snapshot) { s.Outages = valid().Outages }
	over := func(s *snapshot.Snapshot) {
		s.Outages = valid().Outages
		s.Outages[0].EndTime = new(noon.Add(second))
	}
	attempts := func(s *snapshot.Snapshot) {
		s.Outages = valid().Outages
		s.Outages[0].Attempts = 99
	}
	failed := func(s *snapshot.Snapshot) { s.LastFailure = valid().LastFailure }
	failedAgain := func(s *snapshot.Snapshot) {
		s.LastFailure = valid().LastFailure
		s.LastFailure.Time = noon.Add(second)
		s.LastFailure.Message = "another"
	}
	unready := func(s *snapshot.Snapshot) { s.Ready = !s.Ready }
	restarted := func(s *snapshot.Snapshot) { s.Instance = "j" }
	silent := &status.PodsSeen{Names: []string{"caller-a"}, Silent: 1, Why: "not reachable"}
	two := pods(1, 5)
	two.Names = append(two.Names, "caller-b")
	for _, test := range []struct {
		name  string
		looks []look
	}{
		{"at once when its first pod is there", []look{{0, pods(1, 5), true}}},
		{"never while nothing moves", []look{{0, pods(1, 5), true}, {second, pods(1, 5), false}, {time.Hour, pods(1, 5), false}}},
		{"for counters after their interval", []look{{0, pods(1, 5), true}, {second, pods(1, 6), false}, {interval - second, pods(1, 9), false}, {interval, pods(1, 9), true}}},
		{"for counters that moved once and then stood still", []look{{0, pods(1, 5), true}, {second, pods(1, 6), false}, {interval, pods(1, 6), true}, {time.Hour, pods(1, 6), false}}},
		{"for counters once an interval", []look{{0, pods(1, 5), true}, {interval, pods(1, 6), true}, {interval + second, pods(1, 7), false}, {2 * interval, pods(1, 8), true}}},
		{"for counters an interval after what mattered", []look{{0, pods(1, 5), true}, {50 * second, pods(0, 6), true}, {interval, pods(0, 7), false}, {interval + 50*second, pods(0, 7), true}}},
		{"at once when a session is lost", []look{{0, pods(1, 5), true}, {second, pods(0, 5), true}, {2 * second, pods(0, 5), false}}},
		{"at once when an outage begins", []look{{0, pods(1, 5), true}, {second, pods(1, 5, outage), true}, {2 * second, pods(1, 5, outage), false}}},
		{"at once when an outage ends", []look{{0, pods(1, 5, outage), true}, {second, pods(1, 5, over), true}, {2 * second, pods(1, 5, over), false}}},
		{"not for one more attempt", []look{{0, pods(0, 5, outage), true}, {interval, pods(0, 5, attempts), false}}},
		{"at once when attempts fail for another reason", []look{{0, pods(0, 5), true}, {second, pods(0, 5, failed), true}}},
		{"not when they fail as before", []look{{0, pods(0, 5, failed), true}, {interval, pods(0, 5, failedAgain), false}}},
		{"at once when a pod's own readiness changes", []look{{0, pods(1, 5), true}, {second, pods(1, 5, unready), true}}},
		{"at once when a process was restarted", []look{{0, pods(1, 5), true}, {second, pods(1, 5, restarted), true}}},
		{"at once when a pod falls silent, and speaks again", []look{{0, pods(1, 5), true}, {second, silent, true}, {2 * second, silent, false}, {3 * second, pods(1, 5), true}}},
		{"at once when there is one more pod", []look{{0, pods(1, 5), true}, {second, two, true}}},
		{"once when its last pod is gone", []look{{0, pods(1, 5), true}, {second, nil, true}, {2 * second, nil, false}}},
		{"never without pods", []look{{0, nil, false}, {interval, nil, false}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			var c Collector
			other := resource{"TcpServer", client.ObjectKey{Namespace: "default", Name: "caller"}}
			for i, look := range test.looks {
				next := map[resource]status.PodsSeen{other: *pods(1, 5)}
				if look.pods != nil {
					next[caller] = *look.pods
				}
				changed := c.replace(next, noon.Add(look.after))
				if got := slices.Contains(changed, caller); got != look.want {
					t.Errorf("look %d: enqueued is %v, want %v", i, got, look.want)
				}
				if got := slices.Contains(changed, other); got != (i == 0) {
					t.Errorf("look %d: the other resource is enqueued: %v", i, got)
				}
				if diff := cmp.Diff(next[caller], c.Seen("TcpClient", caller.key)); diff != "" {
					t.Errorf("look %d: seen (-want +got):\n%s", i, diff)
				}
			}
		})
	}
}

func TestNothingIsKnownBeforeTheFirstRound(t *testing.T) {
	var c Collector
	key := client.ObjectKey{Namespace: "default", Name: "caller"}
	if seen := c.Seen("TcpClient", key); !seen.Unlisted || c.Listed() {
		t.Errorf("before the first round: %+v, listed: %v", seen, c.Listed())
	}
	c.replace(map[resource]status.PodsSeen{}, noon)
	if diff := cmp.Diff(status.PodsSeen{}, c.Seen("TcpClient", key)); diff != "" {
		t.Errorf("after a round without pods (-want +got):\n%s", diff)
	}
	if !c.Listed() {
		t.Error("after a round nobody has listed pods")
	}
}

// pod is one of the client "caller".
func pod(name string, ready bool, change ...func(*corev1.Pod)) corev1.Pod {
	p := corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "default", Labels: map[string]string{
			desired.KindLabel: "TcpClient", desired.NameLabel: "caller", desired.ManagedByLabel: desired.ManagedBy,
		}},
		Spec:   corev1.PodSpec{NodeName: "worker-1"},
		Status: corev1.PodStatus{Phase: corev1.PodRunning, PodIP: "fd00::7"},
	}
	if ready {
		p.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue}}
	}
	for _, c := range change {
		c(&p)
	}
	return p
}

func TestAnswersAreSortedByResource(t *testing.T) {
	lying := valid()
	lying.Pod, lying.Node = "another", "moon"
	failed := func(why string) answer { return answer{err: errors.New(why)} }
	phase := func(phase corev1.PodPhase) func(*corev1.Pod) { return func(p *corev1.Pod) { p.Status.Phase = phase } }
	list := []corev1.Pod{
		pod("caller-c", true), pod("caller-b", true), pod("caller-a", true), pod("caller-d", false),
		pod("caller-e", false, phase(corev1.PodPending)), pod("caller-f", false, phase(corev1.PodFailed)),
		pod("caller-g", true, func(p *corev1.Pod) { p.DeletionTimestamp = new(metav1.NewTime(noon)) }),
		pod("caller-h", true),
	}
	answers := []answer{failed("b"), failed("a"), {snapshot: lying}, failed("starting"), {}, {}, {}, {snapshot: valid()}}
	want := lying
	want.Pod, want.Node = "caller-a", "worker-1"
	last := valid()
	last.Pod, last.Node = "caller-h", "worker-1"
	caller := resource{"TcpClient", client.ObjectKey{Namespace: "default", Name: "caller"}}
	for range list { // in any order: a cache has none
		list, answers = append(list[1:], list[0]), append(answers[1:], answers[0])
		got := byResource(list, answers, noon)
		if diff := cmp.Diff(map[resource]status.PodsSeen{caller: {
			Snapshots: []snapshot.Snapshot{want, last}, Time: noon, Silent: 2, Why: "a",
			Names: strings.Fields("caller-a caller-b caller-c caller-d caller-e caller-g caller-h"),
		}}, got, cmp.AllowUnexported(resource{})); diff != "" {
			t.Fatalf("seen (-want +got):\n%s", diff)
		}
	}
}

func TestFinishedPodsAreNoPods(t *testing.T) {
	evicted := pod("caller-a", false, func(p *corev1.Pod) { p.Status.Phase = corev1.PodFailed })
	if got := byResource([]corev1.Pod{evicted}, make([]answer, 1), noon); len(got) != 0 {
		t.Errorf("seen is %+v", got)
	}
}

func TestSnapshotURL(t *testing.T) {
	p := pod("caller-a", true)
	if got, want := adminURL(&p, snapshot.Path), "http://[fd00::7]:19527/v1/snapshot"; got != want {
		t.Errorf("URL is %s, want %s", got, want)
	}
}
