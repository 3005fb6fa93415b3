package status

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"tcp-operator.io/api/v1alpha1"
	"tcp-operator.io/controllers/desired"
	"tcp-operator.io/controllers/fault"
	"tcp-operator.io/workload/spec"
)

// Client returns the status of cr after its children were applied with err
// and seen as seen, and when to look again because of counters that were held
// back; zero when there are none. target is what its pods hold sessions with;
// zero while that is not known.
func Client(cr *v1alpha1.TcpClient, target spec.Address, seen ClientSeen, err error, now time.Time) (v1alpha1.TcpClientStatus, time.Duration) {
	next := *cr.Status.DeepCopy()
	next.ObservedGeneration = cr.Generation
	next.Selector = desired.Selector(v1alpha1.ClientKind, cr.Name).String()
	next.Target = targetOf(cr, target, err)
	next.Replicas, next.ReadyReplicas = replicas(next.Replicas, next.ReadyReplicas, seen.Deployment, err)
	next.Sessions.Desired = int64(desired.Replicas(cr.Spec.Replicas)) * int64(cr.Spec.Sessions)
	fresh := clientNumbers(next, seen.Pods, now)
	past := last{cr.Status.Conditions, cr.Generation}
	judged, until := expectations(cr, fresh.Outages, seen, now)
	next.Conditions = past.next(now, clientReady(cr, seen.Pods), clientFindings(cr, target, fresh, seen, judged, err))
	next, recheck := countClient(cr, next, fresh, seen.Pods, now)
	return next, soonest(recheck, until, now)
}

// targetOf is what the pods were last told to hold sessions with. A target that
// they could not be told yet, for whatever reason, is none.
func targetOf(cr *v1alpha1.TcpClient, target spec.Address, err error) string {
	switch {
	case target != spec.Address{} && err == nil:
		return desired.HostPort(target)
	case target == spec.Address{} && !fault.IsPlain(err):
		return ""
	}
	return cr.Status.Target
}

func clientReady(cr *v1alpha1.TcpClient, pods PodsSeen) finding {
	if cr.Spec.Expect.Connect == v1alpha1.PathBlocked {
		return finding{Reason: v1alpha1.ReasonBlocked, Message: withSilent(blockedAsExpected, pods)}
	}
	return finding{Reason: v1alpha1.ReasonSessionsEstablished, Message: withSilent(allEstablished, pods)}
}

// soonest is the shorter of a delay and the time until a moment; zero stands
// for never in both.
func soonest(delay time.Duration, moment, now time.Time) time.Duration {
	if moment.IsZero() {
		return delay
	}
	wait := moment.Sub(now)
	if delay == 0 {
		return wait
	}
	return min(delay, wait)
}

const allEstablished = "Every desired session is established"

// clientFindings puts what explains most first: why sessions are down, if the
// pods tell, else why there are no pods that could.
func clientFindings(cr *v1alpha1.TcpClient, target spec.Address, fresh v1alpha1.TcpClientStatus, seen ClientSeen, judged finding, err error) []finding {
	past := last{cr.Status.Conditions, cr.Generation}
	known := target != spec.Address{}
	spec, refs := past.accepted(err), refsFinding(past, known, err)
	sessions := sessionsFinding(past, cr, fresh.Sessions, seen, err)
	pods := podsFinding(past, known, seen.Deployment, sessions, err)
	if len(seen.Pods.Snapshots) > 0 {
		return []finding{spec, refs, sessions, judged, pods}
	}
	return []finding{spec, refs, pods, sessions, judged}
}

func refsFinding(past last, known bool, err error) finding {
	if !known && fault.IsPlain(err) {
		return unreadRefs(past, err)
	}
	return resolved(err)
}

func sessionsFinding(past last, cr *v1alpha1.TcpClient, sessions v1alpha1.ClientSessionsStatus, seen ClientSeen, err error) finding {
	if cr.Spec.Expect.Connect == v1alpha1.PathBlocked {
		f := isFalse(v1alpha1.ConditionConnected, v1alpha1.ReasonBlocked, "No session is held, as expect.connect is Blocked")
		f.asExpected = true
		return f
	}
	if seen.Deployment == nil && fault.IsPlain(err) {
		return past.unread(v1alpha1.ConditionConnected, err)
	}
	return connected(sessions, seen)
}

func podsFinding(past last, known bool, d *DeploymentSeen, sessions finding, err error) finding {
	if known && serverNotFound(err) != nil {
		err = nil // the pods stay without the server, as they are
	}
	pods := past.availableDespite(d, err)
	if pods.Reason == v1alpha1.ReasonProgressDeadlineExceeded {
		pods.Message += "; " + sessions.Message // the cause, most likely
	}
	return pods
}

// unreadRefs is the last finding about the server that is referred to, if it
// is about the current generation: that the server could not be read now does
// not mean that it is gone.
func unreadRefs(past last, err error) finding {
	if past.find(v1alpha1.ConditionResolvedRefs) != nil {
		return past.again(v1alpha1.ConditionResolvedRefs)
	}
	return past.unread(v1alpha1.ConditionResolvedRefs, err)
}

func resolved(err error) finding {
	const resolvedRefs = v1alpha1.ConditionResolvedRefs
	if waiting := serverNotFound(err); waiting != nil {
		return isFalse(resolvedRefs, waiting.Reason, waiting.Error())
	}
	return isTrue(resolvedRefs, v1alpha1.ReasonResolved, "The target is known")
}

func serverNotFound(err error) *fault.Waiting {
	if waiting, ok := errors.AsType[*fault.Waiting](err); ok && waiting.Reason == v1alpha1.ReasonServerNotFound {
		return waiting
	}
	return nil
}

// connected says whether every desired session is established. A pod that is
// ready has its sessions, whether it answers or not; one that is not may have
// them all the same, and not be ready because of what else is expected.
func connected(sessions v1alpha1.ClientSessionsStatus, seen ClientSeen) finding {
	const connected = v1alpha1.ConditionConnected
	d := seen.Deployment
	switch {
	case d == nil:
		return isFalse(connected, v1alpha1.ReasonSessionsNotEstablished, "There are no pods yet")
	case d.Ready >= d.Wanted, seen.Pods.heard(d.Wanted) && complete(sessions):
		return isTrue(connected, v1alpha1.ReasonSessionsEstablished, allEstablished)
	case len(seen.Pods.Snapshots) == 0:
		return isFalse(connected, v1alpha1.ReasonSessionsNotEstablished,
			withSilent(fmt.Sprintf("%d of %d pods have their sessions established", d.Ready, d.Wanted), seen.Pods))
	}
	return isFalse(connected, v1alpha1.ReasonSessionsNotEstablished, withSilent(established(sessions)+failures(seen.Pods), seen.Pods))
}

func established(s v1alpha1.ClientSessionsStatus) string {
	return fmt.Sprintf("%d of %d sessions are established", min(s.Established, s.Desired), s.Desired)
}

// failures explains what fails, each phase and reason once: this does not
// change while the state does not, whichever pod was the last to try.
func failures(pods PodsSeen) string {
	var all []string
	for _, s := range pods.Snapshots {
		if f := s.LastFailure; f != nil {
			all = append(all, fmt.Sprintf("%s in phase %s", f.Reason, f.Phase))
		}
	}
	if len(all) == 0 {
		return ""
	}
	slices.Sort(all)
	return "; the last attempt failed: " + strings.Join(slices.Compact(all), ", ")
}

// withSilent adds to a message that some pods did not answer.
func withSilent(message string, pods PodsSeen) string {
	if pods.Silent == 0 {
		return message
	}
	return fmt.Sprintf("%s; Observed: %d pods gave no snapshot (%s)", message, pods.Silent, cmp.Or(pods.Why, "no answer"))
}

// clientNumbers is next with the numbers that pods report now.
func clientNumbers(next v1alpha1.TcpClientStatus, pods PodsSeen, now time.Time) v1alpha1.TcpClientStatus {
	if pods.Unlisted {
		return next
	}
	next.Outages = outages(next.Outages, pods, now)
	if pods.allSilent() {
		return next
	}
	next.Sessions = v1alpha1.ClientSessionsStatus{Desired: next.Sessions.Desired}
	next.Messages = v1alpha1.MessagesStatus{}
	for _, s := range pods.Snapshots {
		next.Sessions.Established += s.Sessions.Open
		next.Sessions.Opened += s.Sessions.Opened
		next.Sessions.Lost += s.Sessions.Lost
		addMessages(&next.Messages, s.Messages)
	}
	next.RoundTrip = roundTrip(pods.Snapshots)
	return next
}

// countClient decides whether the fresh numbers are written: at once if
// something changed that matters, else when the last ones are an interval old.
func countClient(cr *v1alpha1.TcpClient, next, fresh v1alpha1.TcpClientStatus, pods PodsSeen, now time.Time) (v1alpha1.TcpClientStatus, time.Duration) {
	if pods.Unlisted {
		return next, listInterval
	}
	// Next has the last numbers, and what the spec desires now.
	moved := fresh.Sessions != next.Sessions || fresh.Messages != next.Messages
	outagesMoved := !sameOutages(next.Outages, fresh.Outages)
	if !moved && !outagesMoved {
		return next, 0
	}
	matters := outagesMoved || complete(next.Sessions) != complete(fresh.Sessions) ||
		conditionsChanged(cr.Status.Conditions, next.Conditions)
	if wait := holdBack(cr, cr.Status.ObservedTime, matters, now); wait > 0 {
		return next, wait
	}
	fresh.Conditions = next.Conditions
	if t := observedTime(pods); t != nil {
		fresh.ObservedTime = t
	}
	return fresh, 0
}

func complete(s v1alpha1.ClientSessionsStatus) bool { return s.Established >= s.Desired }
