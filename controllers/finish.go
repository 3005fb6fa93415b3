package controllers

import (
	"context"
	"errors"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/tools/events"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"tcp-operator.io/api/v1alpha1"
	"tcp-operator.io/controllers/fault"
	"tcp-operator.io/controllers/status"
)

// outcome is what one reconcile has come to; S is the kind's status.
type outcome[S any] struct {
	before, after S
	// write puts a status into the resource.
	write func(S)
	// announce says what is worth an event.
	announce func(before, after S) []status.Event
	// recheck is when to look again at the latest; zero leaves that to events.
	recheck time.Duration
	err     error
}

// awaitChildren is the result of a run that made the first children of a
// resource. Their events bring the next run, which reports what it sees of
// them; so, when many resources come at once, all children come before the
// first status. The time only bounds the wait for an event that does not come,
// and is longer than it takes to make the children of thousands. It has the
// priority of the events: they are one entry of the queue.
var awaitChildren = reconcile.Result{RequeueAfter: 30 * time.Second, Priority: new(afterAll)}

// finish is the last stage, and the only place that writes status: one patch
// if the status differs, then the events that announce it, then the result
// that the error maps to.
func finish[S any](ctx context.Context, c client.Client, recorder events.EventRecorder, cr client.Object, o outcome[S]) (reconcile.Result, error) {
	if !equality.Semantic.DeepEqual(o.before, o.after) {
		base := cr.DeepCopyObject().(client.Object)
		o.write(o.after)
		// The lock refuses a patch that was made from a stale cache.
		patch := client.MergeFromWithOptions(base, client.MergeFromWithOptimisticLock{})
		if err := c.Status().Patch(ctx, cr, patch, client.FieldOwner(FieldOwner)); err != nil {
			return resultOf(unwritten(fmt.Errorf("writing status: %w", err)))
		}
		for _, e := range o.announce(o.before, o.after) {
			recorder.Eventf(cr, related(cr, e), e.Type, e.Reason, e.Action, "%s", e.Note)
		}
	}
	result, err := resultOf(o.err)
	if err == nil && o.recheck > 0 && (result.RequeueAfter == 0 || o.recheck < result.RequeueAfter) {
		result.RequeueAfter = o.recheck
	}
	return result, err
}

// staleRecheck is when a resource is looked at again that a stale cache kept
// from being brought further. The cache's catching up wakes it earlier, except
// where only metadata has changed; and a cache that is stuck for long must not
// keep the API server busy.
const staleRecheck = time.Second

// unwritten says what it means that a status could not be written. A resource
// that is gone by now has nothing to report.
func unwritten(err error) error {
	if apierrors.IsConflict(err) {
		return &fault.Waiting{Reason: v1alpha1.ReasonRetrying, Err: err, Recheck: staleRecheck}
	}
	return client.IgnoreNotFound(err)
}

// related is the pod that an event is about; nil for none.
func related(cr client.Object, e status.Event) runtime.Object {
	if e.Pod == "" {
		return nil
	}
	return &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: cr.GetNamespace(), Name: e.Pod}}
}

// resultOf maps the classes of error to what happens next. It is the only
// place that does.
func resultOf(err error) (reconcile.Result, error) {
	if invalid, ok := errors.AsType[*fault.Invalid](err); ok {
		if invalid.Recheck > 0 {
			return reconcile.Result{RequeueAfter: invalid.Recheck}, nil
		}
		return reconcile.Result{}, reconcile.TerminalError(err)
	}
	if waiting, ok := errors.AsType[*fault.Waiting](err); ok {
		return reconcile.Result{RequeueAfter: waiting.Recheck}, nil
	}
	return reconcile.Result{}, err
}
