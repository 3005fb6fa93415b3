package topology

import (
	"cmp"
	"slices"
	"time"

	eventsv1 "k8s.io/api/events/v1"
	"k8s.io/apimachinery/pkg/fields"
)

// Event is something that happened to a resource.
type Event struct {
	// Time of it, the last one where it repeated.
	Time time.Time `json:"time"`
	// Type is Normal or Warning.
	Type   string `json:"type"`
	Reason string `json:"reason"`
	Note   string `json:"note"`
	// Count is how often it happened.
	Count int32 `json:"count"`
}

// EventsOf selects the events of a resource among those of its namespace.
func EventsOf(key Key) fields.Selector {
	return fields.AndSelectors(fields.OneTermEqualSelector("regarding.kind", key.Kind), fields.OneTermEqualSelector("regarding.name", key.Name))
}

// NewestEvents returns the newest of the events, newest first.
func NewestEvents(list []eventsv1.Event, most int) []Event {
	all := make([]Event, len(list))
	for i := range list {
		all[i] = eventOf(&list[i])
	}
	slices.SortStableFunc(all, func(a, b Event) int { return cmp.Or(b.Time.Compare(a.Time), cmp.Compare(a.Reason, b.Reason)) })
	return all[:min(most, len(all))]
}

// eventOf reads an event of either API: the older one left other fields.
func eventOf(e *eventsv1.Event) Event {
	out := Event{Time: e.EventTime.Time, Type: e.Type, Reason: e.Reason, Note: e.Note, Count: max(1, e.DeprecatedCount)}
	switch {
	case e.Series != nil:
		out.Time, out.Count = e.Series.LastObservedTime.Time, e.Series.Count
	case e.EventTime.IsZero():
		out.Time = e.DeprecatedLastTimestamp.Time
	}
	return out
}
