package controllers

import (
	"context"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/priorityqueue"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"tcp-operator.io/api/v1alpha1"
	"tcp-operator.io/controllers/desired"
)

// ResourceChanged lets pass what makes a resource worth a look: a new
// generation, or another status. The operator's own status is among them,
// because a cache may be behind: a reconcile then takes an older status for
// the last one, finds nothing to write, and only the newer one's arrival says
// that there was. It costs one look, without a write, for each status that is
// written.
func ResourceChanged() predicate.Predicate {
	return predicate.Or(predicate.GenerationChangedPredicate{}, predicate.Funcs{UpdateFunc: statusChanged})
}

func statusChanged(e event.UpdateEvent) bool {
	switch before := e.ObjectOld.(type) {
	case *v1alpha1.TcpServer:
		return !equality.Semantic.DeepEqual(before.Status, e.ObjectNew.(*v1alpha1.TcpServer).Status)
	case *v1alpha1.TcpClient:
		return !equality.Semantic.DeepEqual(before.Status, e.ObjectNew.(*v1alpha1.TcpClient).Status)
	}
	return false
}

// TargetChanged lets pass what can change where a server's clients should go.
func TargetChanged() predicate.Predicate {
	return predicate.Funcs{UpdateFunc: func(e event.UpdateEvent) bool {
		before, after := e.ObjectOld.(*v1alpha1.TcpServer), e.ObjectNew.(*v1alpha1.TcpServer)
		return !desired.SameTarget(before, after)
	}}
}

// wakeOwner makes a child's events wake the resource that controls it. That a
// child was made is the least urgent of all: where many resources come at
// once, the children of all are made before the first status is written.
func wakeOwner(mgr manager.Manager, owner client.Object) handler.EventHandler {
	byOwner := handler.EnqueueRequestForOwner(mgr.GetScheme(), mgr.GetRESTMapper(), owner, handler.OnlyControllerOwner())
	return handler.Funcs{
		CreateFunc: func(ctx context.Context, e event.CreateEvent, queue workqueue.TypedRateLimitingInterface[reconcile.Request]) {
			byOwner.Create(ctx, e, leastUrgent{queue})
		},
		UpdateFunc:  byOwner.Update,
		DeleteFunc:  byOwner.Delete,
		GenericFunc: byOwner.Generic,
	}
}

// afterAll is a priority behind that of the resources that a manager finds when
// it starts.
const afterAll = 2 * handler.LowPriority

// leastUrgent is a queue that takes what is added behind everything else.
type leastUrgent struct {
	workqueue.TypedRateLimitingInterface[reconcile.Request]
}

func (q leastUrgent) Add(r reconcile.Request) {
	queue, ok := q.TypedRateLimitingInterface.(priorityqueue.PriorityQueue[reconcile.Request])
	if !ok {
		q.TypedRateLimitingInterface.Add(r)
		return
	}
	queue.AddWithOpts(priorityqueue.AddOpts{Priority: new(afterAll)}, r)
}
