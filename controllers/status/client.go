package status

import (
	"cmp"
	"errors"
	"fmt"
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
	next.Target = ""
	if target != (spec.Address{}) {
		next.Target = desired.HostPort(target)
	}
	next.Replicas, next.ReadyReplicas = 0, 0
	if d := seen.Deployment; d != nil {
		next.Replicas, next.ReadyReplicas = d.Replicas, d.Ready
	}
	next.Sessions.Desired = int64(desired.Replicas(cr.Spec.Replicas)) * int64(cr.Spec.Sessions)
	fresh := clientNumbers(next, seen.Pods, now)
	next.Conditions = conditions(cr.Status.Conditions, cr.Generation, now,
		finding{Reason: v1alpha1.ReasonSessionsEstablished, Message: withSilent(allEstablished, seen.Pods)},
		clientFindings(cr, fresh, seen, err))
	return countClient(cr.Status, next, fresh, seen.Pods, now)
}

const allEstablished = "Every desired session is established"

// clientFindings puts what explains most first: why sessions are down, if the
// pods tell, else why there are no pods that could.
func clientFindings(cr *v1alpha1.TcpClient, fresh v1alpha1.TcpClientStatus, seen ClientSeen, err error) []finding {
	pods := available(seen.Deployment, err)
	if f, ok := retrying(cr.Status.Conditions, cr.Generation, err); ok {
		pods = f
	}
	sessions := connected(fresh.Sessions, seen)
	if len(seen.Pods.Snapshots) > 0 {
		return []finding{accepted(err), resolved(err), sessions, pods}
	}
	return []finding{accepted(err), resolved(err), pods, sessions}
}

func resolved(err error) finding {
	const resolvedRefs = v1alpha1.ConditionResolvedRefs
	if waiting, ok := errors.AsType[*fault.Waiting](err); ok {
		if waiting.Reason == v1alpha1.ReasonServerNotFound {
			return isFalse(resolvedRefs, waiting.Reason, waiting.Error())
		}
	}
	return isTrue(resolvedRefs, v1alpha1.ReasonResolved, "The target is known")
}

// connected says whether every desired session is established. Where pods do
// not answer, their readiness decides: a client's pod is ready only while its
// sessions are established.
func connected(sessions v1alpha1.ClientSessionsStatus, seen ClientSeen) finding {
	const connected = v1alpha1.ConditionConnected
	if seen.Deployment == nil {
		return isFalse(connected, v1alpha1.ReasonSessionsNotEstablished, "There are no pods yet")
	}
	if seen.Deployment.Ready >= seen.Deployment.Wanted {
		return isTrue(connected, v1alpha1.ReasonSessionsEstablished, allEstablished)
	}
	return isFalse(connected, v1alpha1.ReasonSessionsNotEstablished, withSilent(established(sessions)+lastFailure(seen.Pods), seen.Pods))
}

func established(s v1alpha1.ClientSessionsStatus) string {
	return fmt.Sprintf("%d of %d sessions are established", min(s.Established, s.Desired), s.Desired)
}

// lastFailure explains the newest failed attempt by its phase and reason,
// which do not change while the state does not.
func lastFailure(pods PodsSeen) string {
	var newest time.Time
	var text string
	for _, s := range pods.Snapshots {
		if f := s.LastFailure; f != nil && f.Time.After(newest) {
			newest = f.Time
			text = fmt.Sprintf("; the last attempt failed: %s in phase %s", f.Reason, f.Phase)
		}
	}
	return text
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
	if len(pods.Snapshots) == 0 && len(pods.Names) > 0 {
		return next // nobody answered: the last numbers are the best there are
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
	next.Outages = outages(next.Outages, pods, now)
	return next
}

// countClient decides whether the fresh numbers are written: at once if
// something changed that matters, else when the last ones are a minute old.
func countClient(before, next, fresh v1alpha1.TcpClientStatus, pods PodsSeen, now time.Time) (v1alpha1.TcpClientStatus, time.Duration) {
	moved := fresh.Sessions != before.Sessions || fresh.Messages != before.Messages
	outagesMoved := !sameOutages(before.Outages, fresh.Outages)
	if !moved && !outagesMoved {
		return next, 0
	}
	matters := outagesMoved || complete(before.Sessions) != complete(fresh.Sessions) ||
		conditionsChanged(before.Conditions, next.Conditions)
	if wait := holdBack(before.ObservedTime, matters, now); wait > 0 {
		return next, wait
	}
	fresh.Conditions = next.Conditions
	if t := observedTime(pods); t != nil {
		fresh.ObservedTime = t
	}
	return fresh, 0
}

func complete(s v1alpha1.ClientSessionsStatus) bool { return s.Established >= s.Desired }
