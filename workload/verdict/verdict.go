// Package verdict judges whether a client's sessions are what its user
// expects. The workload judges its own, which makes the pod ready or not; the
// operator judges those of all pods by the same functions. They are pure: the
// moment is an argument.
package verdict

import (
	"time"

	"tcp-operator.io/workload/spec"
)

// Reason is why a verdict is what it is: a closed set.
type Reason string

const (
	// Met says that what is expected holds.
	Met Reason = "ExpectationsMet"
	// TooManyOutages says that there were more within the window than are forgiven.
	TooManyOutages Reason = "TooManyOutages"
	// OutageTooLong says that one lasted longer than recoverWithin.
	OutageTooLong Reason = "OutageTooLong"
	// UnexpectedSession says that a session could be established although the path
	// should be blocked.
	UnexpectedSession Reason = "UnexpectedSession"
	// NotProven says that no attempt has failed to connect yet, which is what shows that
	// a path is blocked. A name that does not resolve shows nothing.
	NotProven Reason = "NotProven"
)

// A Verdict says whether what is expected holds.
type Verdict struct {
	Reason Reason
	// Until is when the verdict may change although nothing happens; zero: never.
	Until time.Time
}

// Met tells whether what is expected holds.
func (v Verdict) Met() bool { return v.Reason == Met }

// A Span is an outage. End is zero while it lasts.
type Span struct{ Start, End time.Time }

// OnOutages judges outages. Those within the window count, and the one that
// lasts.
func OnOutages(e spec.Expect, outages []Span, now time.Time) Verdict {
	v := Verdict{Reason: Met}
	var count int32
	for _, o := range outages {
		if until, ok := forgiven(o.Start, e, now); e.MaxOutages >= 0 && (ok || o.End.IsZero()) {
			count++
			v.sooner(until, now)
		}
		if e.RecoverWithin > 0 && v.tooLong(e, o, now) {
			v.Reason = OutageTooLong
		}
	}
	if e.MaxOutages >= 0 && count > e.MaxOutages && v.Reason == Met {
		v.Reason = TooManyOutages
	}
	return v
}

// tooLong tells whether o lasted longer than recoverWithin, within the window.
func (v *Verdict) tooLong(e spec.Expect, o Span, now time.Time) bool {
	limit := o.Start.Add(time.Duration(e.RecoverWithin))
	if o.End.IsZero() {
		v.sooner(limit, now)
		return now.After(limit)
	}
	if !o.End.After(limit) {
		return false
	}
	until, counts := forgiven(o.End, e, now)
	v.sooner(until, now)
	return counts
}

// forgiven is when what happened at t leaves the window, and whether it still
// counts.
func forgiven(t time.Time, e spec.Expect, now time.Time) (time.Time, bool) {
	until := t.Add(time.Duration(e.Window))
	return until, until.After(now)
}

func (v *Verdict) sooner(t, now time.Time) {
	if t.After(now) && (v.Until.IsZero() || t.Before(v.Until)) {
		v.Until = t
	}
}

// OnBlocked judges a path that should not exist by the last attempts of the
// desired sessions: how many established one, and how many failed to connect.
func OnBlocked(desired, reached, blocked int64) Verdict {
	switch {
	case reached > 0:
		return Verdict{Reason: UnexpectedSession}
	case blocked < desired:
		return Verdict{Reason: NotProven}
	}
	return Verdict{Reason: Met}
}
