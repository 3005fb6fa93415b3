package status

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tcp-operator.io/api/v1alpha1"
	"tcp-operator.io/controllers/desired"
	"tcp-operator.io/controllers/fault"
)

// Server returns the status of cr after its children were applied with err
// and seen as seen, and when to look again because of counters that were held
// back; zero when there are none.
func Server(cr *v1alpha1.TcpServer, seen ServerSeen, err error, now time.Time) (v1alpha1.TcpServerStatus, time.Duration) {
	next := *cr.Status.DeepCopy()
	next.ObservedGeneration = cr.Generation
	next.Selector = desired.Selector(v1alpha1.ServerKind, cr.Name).String()
	next.Address = desired.ServerAddress(cr)
	if seen.Service != nil {
		next.ExternalAddresses, next.NodePort = seen.Service.ExternalAddresses, seen.Service.NodePort
	} else if !fault.IsPlain(err) {
		next.ExternalAddresses, next.NodePort = nil, 0
	}
	next.Replicas, next.ReadyReplicas = replicas(next.Replicas, next.ReadyReplicas, seen.Deployment, err)
	past := last{cr.Status.Conditions, cr.Generation}
	pods := past.availableDespite(seen.Deployment, err)
	whenReady := finding{Reason: v1alpha1.ReasonReplicasReady, Message: withSilent(pods.Message, seen.Pods)}
	next.Conditions = past.next(now, whenReady, []finding{past.accepted(err), pods})
	return countServer(cr, next, seen.Pods, now)
}

// replicas are what the Deployment says, or the last ones where it could not
// be read: an autoscaler acts on them.
func replicas(total, ready int32, d *DeploymentSeen, err error) (int32, int32) {
	switch {
	case d != nil:
		return d.Replicas, d.Ready
	case fault.IsPlain(err):
		return total, ready
	}
	return 0, 0
}

// countServer fills in the numbers that pods report: at once if something
// changed that matters, else when the last ones are an interval old.
func countServer(cr *v1alpha1.TcpServer, next v1alpha1.TcpServerStatus, pods PodsSeen, now time.Time) (v1alpha1.TcpServerStatus, time.Duration) {
	before := cr.Status
	if pods.Unlisted {
		return next, listInterval
	}
	if pods.allSilent() {
		return next, 0
	}
	fresh := next
	fresh.Sessions, fresh.Messages = v1alpha1.ServerSessionsStatus{}, v1alpha1.MessagesStatus{}
	for _, s := range pods.Snapshots {
		fresh.Sessions.Open += s.Sessions.Open
		fresh.Sessions.Accepted += s.Sessions.Opened
		fresh.Sessions.Rejected += s.Sessions.Rejected
		addMessages(&fresh.Messages, s.Messages)
	}
	if fresh.Sessions == before.Sessions && fresh.Messages == before.Messages {
		return next, 0
	}
	// The first session of all is worth telling; later ones may come and go
	// with every health check of a load balancer.
	first := before.Sessions.Accepted == 0 && fresh.Sessions.Accepted > 0
	matters := first || len(pods.Snapshots) == 0 || conditionsChanged(before.Conditions, next.Conditions)
	if wait := holdBack(cr, before.ObservedTime, matters, now); wait > 0 {
		return next, wait
	}
	if t := observedTime(pods); t != nil {
		fresh.ObservedTime = t
	}
	return fresh, 0
}

// listInterval is when to look again while nobody has looked for pods.
const listInterval = 5 * time.Second

// allSilent tells that the pods run and none answered: the last numbers are
// the best there are.
func (p PodsSeen) allSilent() bool { return len(p.Snapshots) == 0 && p.Silent > 0 }

// holdBack is how long counters must wait to be written; zero means not at all.
func holdBack(cr metav1.Object, last *metav1.Time, matters bool, now time.Time) time.Duration {
	if matters || last == nil {
		return 0
	}
	return max(0, CounterInterval(cr.GetNamespace(), cr.GetName())-now.Sub(last.Time))
}

func observedTime(pods PodsSeen) *metav1.Time {
	if pods.Time.IsZero() {
		return nil
	}
	t := metav1.NewTime(pods.Time.Truncate(time.Second))
	return &t
}

func conditionsChanged(before, after []metav1.Condition) bool {
	if len(before) != len(after) {
		return true
	}
	for i := range before {
		if before[i] != after[i] {
			return true
		}
	}
	return false
}
