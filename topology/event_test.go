package topology

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	eventsv1 "k8s.io/api/events/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestNewestEventsFirstWhicheverAPIWroteThem(t *testing.T) {
	at := func(minutes int) time.Time { return noon.Add(time.Duration(minutes) * time.Minute) }
	list := []eventsv1.Event{
		{Reason: "Once", Type: "Normal", Note: "n", EventTime: metav1.NewMicroTime(at(1))},
		{Reason: "Often", EventTime: metav1.NewMicroTime(at(0)), Series: &eventsv1.EventSeries{Count: 7, LastObservedTime: metav1.NewMicroTime(at(3))}},
		{Reason: "Older", DeprecatedCount: 2, DeprecatedFirstTimestamp: metav1.NewTime(at(0)), DeprecatedLastTimestamp: metav1.NewTime(at(2))},
		{Reason: "Last", EventTime: metav1.NewMicroTime(at(0))},
	}
	want := []Event{
		{Time: at(3), Reason: "Often", Count: 7},
		{Time: at(2), Reason: "Older", Count: 2},
		{Time: at(1), Reason: "Once", Type: "Normal", Note: "n", Count: 1},
	}
	if diff := cmp.Diff(want, NewestEvents(list, 3)); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	if got := NewestEvents(nil, 3); got == nil || len(got) != 0 {
		t.Errorf("of none: %v", got)
	}
}

func TestEventsOfOneResource(t *testing.T) {
	selected := EventsOf(ClientKey("default", "caller"))
	if got, want := selected.String(), "regarding.kind=TcpClient,regarding.name=caller"; got != want {
		t.Errorf("selected by %s, want %s", got, want)
	}
}
