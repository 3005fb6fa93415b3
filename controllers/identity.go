package controllers

import (
	"context"
	"errors"
	"fmt"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	appsv1ac "k8s.io/client-go/applyconfigurations/apps/v1"
	corev1ac "k8s.io/client-go/applyconfigurations/core/v1"
	metav1ac "k8s.io/client-go/applyconfigurations/meta/v1"
	networkingv1ac "k8s.io/client-go/applyconfigurations/networking/v1"
	policyv1ac "k8s.io/client-go/applyconfigurations/policy/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"tcp-operator.io/api/v1alpha1"
	"tcp-operator.io/controllers/fault"
)

// bind makes the API server refuse wanted for any child but the one with the
// UID. Without it a stale cache would hand the children of a resource's
// successor to the resource that is gone: both write as the same owner of
// fields.
func bind(wanted runtime.ApplyConfiguration, uid types.UID) { metadataOf(wanted).WithUID(uid) }

// metadataOf is the part of a child that all kinds share.
func metadataOf(wanted runtime.ApplyConfiguration) *metav1ac.ObjectMetaApplyConfiguration {
	switch w := wanted.(type) {
	case *appsv1ac.DeploymentApplyConfiguration:
		return w.ObjectMetaApplyConfiguration
	case *corev1ac.ServiceApplyConfiguration:
		return w.ObjectMetaApplyConfiguration
	case *networkingv1ac.NetworkPolicyApplyConfiguration:
		return w.ObjectMetaApplyConfiguration
	case *policyv1ac.PodDisruptionBudgetApplyConfiguration:
		return w.ObjectMetaApplyConfiguration
	}
	panic(fmt.Sprintf("%T is no child", wanted))
}

// isOther tells whether err refuses a bound apply because the child is not the
// one it was bound to: it is gone, or another has its name.
func isOther(err error) bool {
	status, ok := errors.AsType[*apierrors.StatusError](err)
	if !ok {
		return false
	}
	details := status.Status().Details
	return apierrors.IsConflict(err) || details != nil &&
		slices.ContainsFunc(details.Causes, func(c metav1.StatusCause) bool { return c.Field == "metadata.uid" })
}

// checkCurrent holds that the owner is there, stays, and still asks for what the
// cache says, before a child is made or deleted for it. A stale cache may know a
// resource that is gone: its child would be in the way of the successor's, or
// of a deletion that waits for the children. It may also know what was asked for
// once: a child would go and come back. One answer serves a whole reconcile.
func (f *family) checkCurrent(ctx context.Context) error {
	if f.current {
		return nil
	}
	live := f.owner.DeepCopyObject().(client.Object)
	empty(live)
	exists, err := f.read(ctx, f.live, live)
	if err != nil {
		return err
	}
	if exists && isCurrent(f.owner, live) {
		f.current = true
		return nil
	}
	return &fault.Waiting{
		Reason:  v1alpha1.ReasonRetrying,
		Err:     fmt.Errorf("%s %q is gone or has changed meanwhile", kindOf(f.owner), f.owner.GetName()),
		Recheck: staleRecheck,
	}
}

// isCurrent tells whether live, which stays, asks for what cached does.
func isCurrent(cached, live client.Object) bool {
	return live.GetUID() == cached.GetUID() && live.GetGeneration() == cached.GetGeneration() && live.GetDeletionTimestamp().IsZero()
}
