package plans

import (
	"fmt"

	"k8s.io/apimachinery/pkg/api/meta"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"tcp-operator.io/api/v1alpha1"
	"tcp-operator.io/test/faults/oracle"
	"tcp-operator.io/test/faults/world"
)

// check holds what must be so at every moment.
func (r *run) check(k key, before, after client.Object) {
	if after == nil || !world.IsResource(after) {
		return
	}
	r.injector.breaks(oracle.Version(after)...)
	if before == nil || before.GetUID() != after.GetUID() {
		return
	}
	was, is := observedGeneration(before), observedGeneration(after)
	if is < was {
		r.injector.breaks(fmt.Sprintf("%s: observedGeneration went from %d back to %d", k, was, is))
	}
	// A cache that is behind is an excuse: what it showed was so.
	if is == after.GetGeneration() && ready(after) && len(r.injector.stuck) == 0 {
		for _, wrong := range oracle.Settings(r.journal.world(), k.kind, k.name, r.image) {
			r.injector.breaks(fmt.Sprintf("%s says that it is ready: %s", k, wrong))
		}
	}
}

func observedGeneration(o client.Object) int64 {
	switch cr := o.(type) {
	case *v1alpha1.TcpServer:
		return cr.Status.ObservedGeneration
	case *v1alpha1.TcpClient:
		return cr.Status.ObservedGeneration
	}
	return 0
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
