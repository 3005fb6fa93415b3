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
	if _, ok := meter.readings["a"]; ok || len(meter.readings) != 1 {
		t.Errorf("readings: %v", meter.readings)
	}
}
