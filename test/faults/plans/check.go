package plans

import (
	"fmt"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"tcp-operator.io/api/v1alpha1"
	"tcp-operator.io/test/faults/oracle"
	"tcp-operator.io/test/faults/world"
)

// check holds what must be so at every moment.
func (r *run) check(k key, before, after client.Object) {
	if after == nil {
		return
	}
	if !world.IsResource(after) {
		r.checkWanted(k, before, after)
		return
	}
	r.injector.breaks(oracle.Version(after)...)
	if before == nil || before.GetUID() != after.GetUID() {
		return
	}
	was, is := oracle.ObservedGeneration(before), oracle.ObservedGeneration(after)
	if is < was {
		r.injector.breaks(fmt.Sprintf("%s: observedGeneration went from %d back to %d", k, was, is))
	}
	// A cache that is behind is an excuse: what it showed was so.
	going := !after.GetDeletionTimestamp().IsZero()
	if !going && is == after.GetGeneration() && ready(after) && len(r.injector.stuck) == 0 {
		for _, wrong := range oracle.Settings(r.world(), k.kind, k.name, r.image) {
			r.injector.breaks(fmt.Sprintf("%s says that it is ready: %s", k, wrong))
		}
	}
}

// checkWanted holds that no child is made for a resource that is gone or going:
// it would be in the way of the deletion.
func (r *run) checkWanted(k key, before, after client.Object) {
	if before != nil && before.GetUID() == after.GetUID() {
		return
	}
	for _, owner := range controllersOf(after) {
		is := r.journal.latest(owner)
		if is == nil || !metav1.IsControlledBy(after, is) || !is.GetDeletionTimestamp().IsZero() {
			r.injector.breaks(fmt.Sprintf("%s was made for %s, which is gone or being deleted", k, owner))
		}
	}
}

func ready(o client.Object) bool {
	switch cr := o.(type) {
	case *v1alpha1.TcpServer:
		return meta.IsStatusConditionTrue(cr.Status.Conditions, v1alpha1.ConditionReady)
	case *v1alpha1.TcpClient:
		return meta.IsStatusConditionTrue(cr.Status.Conditions, v1alpha1.ConditionReady)
	}
	return false
}
