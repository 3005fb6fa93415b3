package topology

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tcp-operator.io/workload/snapshot"
)

func said(instance string, after time.Duration, received, sent int64) snapshot.Snapshot {
	return snapshot.Snapshot{Instance: instance, ObservedTime: noon.Add(after), Messages: snapshot.Messages{Received: received, Sent: sent}}
}

func TestARateNeedsTwoReadingsOfOneProcess(t *testing.T) {
	var meter Meter
	for _, step := range []struct {
		said snapshot.Snapshot
		want *Rate
	}{
		{said("a", 0, 100, 200), nil},
		{said("a", 2*time.Second, 110, 260), &Rate{ReceivedPerSecond: 5, SentPerSecond: 30}},
		{said("a", 2*time.Second, 110, 260), &Rate{ReceivedPerSecond: 5, SentPerSecond: 30}}, // the same snapshot again
		{said("b", 3*time.Second, 7, 7), nil},                                                // another process starts anew
		{said("a", 4*time.Second, 110, 260), &Rate{}},
		{said("a", time.Second, 120, 280), nil}, // its clock was set back: what was read counts from here
		{said("a", 3*time.Second, 130, 320), &Rate{ReceivedPerSecond: 5, SentPerSecond: 20}},
		{said("a", 5*time.Second, 7, 320), nil}, // no process counts down
	} {
		if diff := cmp.Diff(step.want, meter.Read(step.said)); diff != "" {
			t.Errorf("%s at %s (-want +got):\n%s", step.said.Instance, step.said.ObservedTime, diff)
		}
	}
}

func TestAProcessThatIsGoneIsForgotten(t *testing.T) {
	var meter Meter
	meter.Read(said("a", 0, 1, 1))
	meter.Read(said("b", 0, 1, 1))
	meter.EndRound()
	meter.Read(said("b", time.Second, 2, 2))
	meter.EndRound()
	if _, ok := meter.readings[process{instance: "a"}]; ok || len(meter.readings) != 1 {
		t.Errorf("readings: %v", meter.readings)
	}
}

// TestNobodySpeaksForAnotherProcess: an instance is what a pod says of itself.
func TestNobodySpeaksForAnotherProcess(t *testing.T) {
	var meter Meter
	forged := func(pod string, sent int64) snapshot.Snapshot {
		s := said("a", time.Duration(sent)*time.Second, 0, sent)
		s.Pod = pod
		return s
	}
	meter.ReadOf(ClientKey("default", "caller"), forged("caller-1", 1))
	for of, pod := range map[Key]string{ClientKey("default", "caller"): "caller-2", ClientKey("other", "caller"): "caller-1"} {
		if got := meter.ReadOf(of, forged(pod, 1000)); got != nil {
			t.Errorf("%s of %v has the rate %+v of another process", pod, of, *got)
		}
	}
	if got := meter.ReadOf(ClientKey("default", "caller"), forged("caller-1", 3)); got == nil || got.SentPerSecond != 1 {
		t.Errorf("the process's own rate is %+v, want 1/s", got)
	}
}
