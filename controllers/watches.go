package controllers

import (
	"k8s.io/apimachinery/pkg/api/equality"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/predicate"

	"tcp-operator.io/api/v1alpha1"
	"tcp-operator.io/controllers/desired"
)

// ResourceChanged lets pass what makes a resource worth a look: a new
// generation, or another status. With a cache that is behind a reconcile may
// find its status written already that another one has since replaced: only
// the cache's catching up tells. It costs one look, without a write, for each
// status that is written.
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
