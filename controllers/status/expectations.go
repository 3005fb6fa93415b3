package status

import (
	"fmt"
	"time"

	"tcp-operator.io/api/v1alpha1"
	"tcp-operator.io/controllers/desired"
	"tcp-operator.io/workload/spec"
	"tcp-operator.io/workload/verdict"
)

// expectations judges what the spec demands of the sessions, and says when
// the verdict may change although nothing happens; zero: never.
//
// Outages are judged by the status, which outlives operator and pods. A path
// that should be blocked is judged by what the pods' last attempts showed.
func expectations(cr *v1alpha1.TcpClient, outages []v1alpha1.Outage, seen ClientSeen, now time.Time) (finding, time.Time) {
	expect := desired.Expectation(cr.Spec.Expect)
	if expect.Connect == spec.Blocked {
		past := last{cr.Status.Conditions, cr.Generation}
		if seen.Deployment == nil && len(seen.Pods.Snapshots) == 0 && past.held(v1alpha1.ConditionExpectationsMet) {
			return past.again(v1alpha1.ConditionExpectationsMet), time.Time{} // nothing was seen that speaks against it
		}
		return pathFinding(blockedVerdict(cr, seen)), time.Time{}
	}
	v := verdict.OnOutages(expect, spans(outages), now)
	return outageFinding(v, cr.Spec.Expect), v.Until
}

func outageFinding(v verdict.Verdict, e v1alpha1.Expect) finding {
	const met = v1alpha1.ConditionExpectationsMet
	switch v.Reason {
	case verdict.TooManyOutages:
		return stalled(isFalse(met, v1alpha1.ReasonTooManyOutages,
			fmt.Sprintf("There were more outages within %s than maxOutages forgives (%d): see status.outages", e.Window, *e.MaxOutages)))
	case verdict.OutageTooLong:
		return stalled(isFalse(met, v1alpha1.ReasonOutageTooLong,
			fmt.Sprintf("An outage within %s lasted longer than recoverWithin (%s): see status.outages", e.Window, e.RecoverWithin)))
	}
	return isTrue(met, v1alpha1.ReasonExpectationsMet, "What spec.expect demands holds")
}

// blockedVerdict is that of all pods together. Where they do not answer,
// their readiness decides: a pod is ready only if its own verdict is met.
func blockedVerdict(cr *v1alpha1.TcpClient, seen ClientSeen) verdict.Verdict {
	var reached, blocked int64
	for _, s := range seen.Pods.Snapshots {
		reached += s.Sessions.Reached
		blocked += s.Sessions.Blocked
	}
	wanted := int64(desired.Replicas(cr.Spec.Replicas)) * int64(cr.Spec.Sessions)
	if d := seen.Deployment; reached == 0 && d != nil && d.Ready >= d.Wanted {
		blocked = wanted
	}
	return verdict.OnBlocked(wanted, reached, blocked)
}

func pathFinding(v verdict.Verdict) finding {
	const met = v1alpha1.ConditionExpectationsMet
	switch v.Reason {
	case verdict.UnexpectedSession:
		return stalled(isFalse(met, v1alpha1.ReasonUnexpectedSession,
			"A session could be established although expect.connect is Blocked: the path to the target exists"))
	case verdict.NotProven:
		return isUnknown(met, v1alpha1.ReasonNotProven, "Not every session's last attempt has shown that the path is blocked")
	}
	return isTrue(met, v1alpha1.ReasonExpectationsMet, blockedAsExpected)
}

const blockedAsExpected = "No session can be established, as expected"

func spans(outages []v1alpha1.Outage) []verdict.Span {
	all := make([]verdict.Span, len(outages))
	for i, o := range outages {
		all[i].Start = o.StartTime.Time
		if o.EndTime != nil {
			all[i].End = o.EndTime.Time
		}
	}
	return all
}
