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

	"tcp-operator.io/api/v1alpha1"
)

// Goal is what to wait for.
type Goal string

// The goals.
const (
	// Ready: the condition Ready is True, and stays so for as long as is asked.
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
	Pending  Outcome = "Pending"
	Met      Outcome = "Met"
	Broken   Outcome = "Broken"   // somebody has to act, or an expectation does not hold
	TimedOut Outcome = "TimedOut" // by the caller's own clock
)

// Seen is a resource at one moment.
type Seen struct {
	Time               time.Time
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
}

// Look judges what is seen now, and says why.
func (j *Judge) Look(s Seen) (Outcome, string) {
	if s.ObservedGeneration != s.Generation {
		return Pending, "the operator has not looked at this generation yet"
	}
	ready := meta.FindStatusCondition(s.Conditions, v1alpha1.ConditionReady)
	if ready == nil {
		return Pending, "there is no condition Ready yet"
	}
	why := ready.Reason + ": " + ready.Message
	if meta.IsStatusConditionTrue(s.Conditions, v1alpha1.ConditionStalled) {
		return Broken, why
	}
	isReady := ready.Status == metav1.ConditionTrue
	switch {
	case isReady && j.since.IsZero():
		j.since = s.Time
	case !isReady && j.Goal == Ready:
		j.since = time.Time{}
	}
	if isReady && s.Time.Sub(j.since) < j.During {
		return Pending, fmt.Sprintf("ready since %s, and has to hold for %s", j.since.UTC().Format(time.RFC3339), j.During)
	}
	if !isReady {
		return Pending, why
	}
	return Met, why
}
