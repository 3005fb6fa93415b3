package plans

import (
	"context"
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"tcp-operator.io/test/faults/world"
)

// others plays everybody else in the cluster once, and tells whether there was
// anything to do.
func (r *run) others(ctx context.Context) (bool, error) {
	now := r.journal.moment
	for _, d := range world.All[*appsv1.Deployment](r.journal.world()) {
		if err := r.rollOut(ctx, d); err != nil {
			return false, fmt.Errorf("rolling out %s: %w", d.Name, err)
		}
	}
	for _, o := range r.journal.world().Orphans() {
		if err := world.Collect(ctx, r.user, o); err != nil {
			return false, fmt.Errorf("collecting %s: %w", keyOf(o), err)
		}
	}
	for _, o := range r.journal.world().Going() {
		if err := r.journal.world().Finish(ctx, r.user, o); err != nil {
			return false, fmt.Errorf("finishing the deletion of %s: %w", keyOf(o), err)
		}
	}
	return r.journal.moment != now, nil
}

// rollOut plays the Deployment controller and the kubelet: every wanted pod
// runs the current template and is ready.
func (r *run) rollOut(ctx context.Context, d *appsv1.Deployment) error {
	next, want := d.DeepCopy(), *d.Spec.Replicas
	s := &next.Status
	s.ObservedGeneration = d.Generation
	s.Replicas, s.UpdatedReplicas, s.ReadyReplicas, s.AvailableReplicas = want, want, want, want
	if s.ObservedGeneration == d.Status.ObservedGeneration && want == d.Status.Replicas && want == d.Status.ReadyReplicas {
		return nil
	}
	return r.user.Status().Patch(ctx, next, client.MergeFrom(d))
}
