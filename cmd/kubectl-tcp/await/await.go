// Package await judges whether what a pipeline waits for has come. It is pure:
// the moment is an argument.
package await

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"tcp-operator.io/api/v1alpha1"
)

// Goal is what to wait for.
type Goal string

// The goals.
const (
	// Ready: the condition Ready is True, and stays so for as long as is asked.
	// A break that its time of last transition betrays counts, seen or not; that
	// time has whole seconds.
	Ready Goal = "ready"
	// Verdict: once ready, a client's expectations hold for as long as is
	// asked, and it is ready at the end. Outages that are forgiven do not count.
	Verdict Goal = "verdict"
)

// Goals in the order in which help names them.
func Goals() []string { return []string{string(Ready), string(Verdict)} }

// ParseGoal reads a goal as a user writes it.
func ParseGoal(s string) (Goal, error) {
	if !slices.Contains(Goals(), s) {
		return "", fmt.Errorf("--for %q is not known: write %s", s, strings.Join(Goals(), " or "))
	}
	return Goal(s), nil
}

// Outcome is what waiting came to.
type Outcome string

// The outcomes.
const (
	Pending Outcome = "Pending"
	Met     Outcome = "Met"
	Broken  Outcome = "Broken" // somebody has to act, or an expectation does not hold
	Failed  Outcome = "Failed" // there is no such resource, or it cannot be read
	// These are found by the caller's own clock, and by who ends it.
	TimedOut    Outcome = "TimedOut"
	Interrupted Outcome = "Interrupted"
)

// Seen is a resource at one moment.
type Seen struct {
	Time time.Time
	// UID tells a resource from its successor of the same name.
	UID types.UID
	// Deleted means that it is on its way out.
	Deleted            bool
	Generation         int64
	ObservedGeneration int64
	Conditions         []metav1.Condition
}

// A Judge is told what is seen, again and again.
type Judge struct {
	Goal Goal
	// During is how long it has to hold; zero: one moment is enough.
	During time.Duration

	since time.Time // when it began to hold; zero while it does not
	last  steady    // at the last look
}

// steady is what stays the same as long as there is no break, also none between
// two looks.
type steady struct {
	uid        types.UID
	generation int64
	changed    metav1.Time // of the condition that has to hold
}

// Look judges what is seen now, and says why.
func (j *Judge) Look(s Seen) (Outcome, string) {
	if s.Deleted {
		return Failed, "it is being deleted"
	}
	if s.ObservedGeneration != s.Generation {
		j.since = time.Time{} // what held was another spec
		return Pending, "the operator has not looked at this generation yet"
	}
	ready := meta.FindStatusCondition(s.Conditions, v1alpha1.ConditionReady)
	if ready == nil {
		j.since = time.Time{}
		return Pending, "there is no condition Ready yet"
	}
	why := ready.Reason + ": " + ready.Message
	if meta.IsStatusConditionTrue(s.Conditions, v1alpha1.ConditionStalled) {
		return Broken, why
	}
	isReady := ready.Status == metav1.ConditionTrue
	now := j.steadyOf(s)
	if now != j.last || !isReady && j.Goal == Ready {
		j.since = time.Time{}
	}
	j.last = now
	if !isReady {
		return Pending, why
	}
	if j.since.IsZero() {
		j.since = s.Time
	}
	if s.Time.Sub(j.since) < j.During {
		return Pending, fmt.Sprintf("ready, and has to hold for %s from %s on", j.During, j.since.UTC().Format(time.RFC3339))
	}
	return Met, why
}

// steadyOf compares the moment of a condition's last change with nothing but
// itself: the clock is the operator's.
func (j *Judge) steadyOf(s Seen) steady {
	holds := v1alpha1.ConditionReady
	if j.Goal == Verdict {
		holds = v1alpha1.ConditionExpectationsMet
	}
	now := steady{uid: s.UID, generation: s.Generation}
	if c := meta.FindStatusCondition(s.Conditions, holds); c != nil {
		now.changed = c.LastTransitionTime
	}
	return now
}
