package status

import (
	"fmt"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tcp-operator.io/api/v1alpha1"
)

// Reasons of events. docs/reasons.md explains each.
const (
	EventSessionsEstablished = "SessionsEstablished"
	EventOutageBegan         = "OutageBegan"
	EventOutageEnded         = "OutageEnded"
	EventServerNotFound      = "ServerNotFound"
	EventNameConflict        = "NameConflict"
	EventInvalidSpec         = "InvalidSpec"
	EventReady               = "Ready"
	EventExpectationBroken   = "ExpectationBroken"
	EventExpectationRestored = "ExpectationRestored"

	// One for each reason with which a resource stalls.
	EventReplicaFailure           = "ReplicaFailure"
	EventRefused                  = "Refused"
	EventProgressDeadlineExceeded = "ProgressDeadlineExceeded"
)

// stallEvents are the reasons of Stalled that are announced by the same name.
// A broken expectation has an event of its own.
var stallEvents = []string{EventNameConflict, EventInvalidSpec, EventRefused, EventReplicaFailure, EventProgressDeadlineExceeded}

// Event is a change that a person would want to see.
type Event struct {
	Type   string // Normal or Warning
	Reason string
	Action string
	Note   string
	// Pod that it is about; empty for none. Events that differ in their note
	// alone are taken for one that repeats.
	Pod string
}

func normal(reason, action, note string) Event {
	return Event{Type: corev1.EventTypeNormal, Reason: reason, Action: action, Note: note}
}

func warning(reason, action, note string) Event {
	return Event{Type: corev1.EventTypeWarning, Reason: reason, Action: action, Note: note}
}

func (e Event) about(pod string) Event {
	e.Pod = pod
	return e
}

// maxNote is the API's own limit of an event's note.
const maxNote = 1024

// ServerEvents returns what changed from one status to the next.
func ServerEvents(before, after v1alpha1.TcpServerStatus) []Event {
	events := stalledEvents(before.Conditions, after.Conditions)
	if became(before.Conditions, after.Conditions, v1alpha1.ConditionReady, metav1.ConditionTrue, "") {
		events = append(events, normal(EventReady, "Listen", "Listening on "+after.Address))
	}
	return events
}

// ClientEvents returns what changed from one status to the next.
func ClientEvents(before, after v1alpha1.TcpClientStatus) []Event {
	events := stalledEvents(before.Conditions, after.Conditions)
	if became(before.Conditions, after.Conditions, v1alpha1.ConditionResolvedRefs, metav1.ConditionFalse, v1alpha1.ReasonServerNotFound) {
		c := meta.FindStatusCondition(after.Conditions, v1alpha1.ConditionResolvedRefs)
		events = append(events, warning(EventServerNotFound, "Resolve", c.Message))
	}
	events = append(events, outageEvents(before.Outages, after.Outages)...)
	events = append(events, expectationEvents(before.Conditions, after.Conditions)...)
	if became(before.Conditions, after.Conditions, v1alpha1.ConditionConnected, metav1.ConditionTrue, "") {
		events = append(events, normal(EventSessionsEstablished, "Connect",
			fmt.Sprintf("Every desired session with %s is established (%d)", after.Target, after.Sessions.Desired)))
	}
	return events
}

func expectationEvents(before, after []metav1.Condition) []Event {
	const met = v1alpha1.ConditionExpectationsMet
	now := meta.FindStatusCondition(after, met)
	switch {
	case became(before, after, met, metav1.ConditionFalse, ""):
		return []Event{warning(EventExpectationBroken, "Judge", now.Message)}
	case meta.IsStatusConditionFalse(before, met) && now != nil && now.Status == metav1.ConditionTrue:
		return []Event{normal(EventExpectationRestored, "Judge", now.Message)}
	}
	return nil
}

func stalledEvents(before, after []metav1.Condition) []Event {
	var events []Event
	for _, reason := range stallEvents {
		if became(before, after, v1alpha1.ConditionStalled, metav1.ConditionTrue, reason) {
			c := meta.FindStatusCondition(after, v1alpha1.ConditionStalled)
			events = append(events, warning(reason, "Reconcile", cut(c.Message, maxNote)))
		}
	}
	return events
}

// became tells whether a condition has now, and had not before, the status
// and the reason; an empty reason stands for any.
func became(before, after []metav1.Condition, conditionType string, status metav1.ConditionStatus, reason string) bool {
	is := func(conditions []metav1.Condition) bool {
		c := meta.FindStatusCondition(conditions, conditionType)
		return c != nil && c.Status == status && (reason == "" || c.Reason == reason)
	}
	return is(after) && !is(before)
}

func outageEvents(before, after []v1alpha1.Outage) []Event {
	known := map[outageKey]v1alpha1.Outage{}
	for _, o := range before {
		known[keyOf(o)] = o
	}
	var events []Event
	for _, o := range slices.Backward(after) { // oldest first: the order in which they happened
		old, seen := known[keyOf(o)]
		if !seen {
			events = append(events, warning(EventOutageBegan, "Connect", began(o)).about(o.Pod))
		}
		if o.EndTime != nil && (!seen || old.EndTime == nil) {
			length := time.Duration(o.DurationMilliseconds) * time.Millisecond
			note := fmt.Sprintf("The outage of pod %s ended after %s; it began with %s", o.Pod, length, o.Reason)
			events = append(events, normal(EventOutageEnded, "Connect", note).about(o.Pod))
		}
	}
	return events
}

func began(o v1alpha1.Outage) string {
	note := fmt.Sprintf("Pod %s has lost a session: %s in phase %s", o.Pod, o.Reason, o.Phase)
	if o.Phase != "Session" {
		note = fmt.Sprintf("Pod %s cannot establish a session: %s in phase %s", o.Pod, o.Reason, o.Phase)
	}
	if o.ClosedBy != "" {
		note += ", closed by " + o.ClosedBy
	}
	if o.RemoteAddress != "" {
		note += ", with " + o.RemoteAddress
	}
	return note
}
