package controllers

import (
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/predicate"

	"tcp-operator.io/api/v1alpha1"
	"tcp-operator.io/controllers/desired"
)

// ResourceChanged lets pass what makes a resource worth a look.
func ResourceChanged() predicate.Predicate { return predicate.GenerationChangedPredicate{} }

// TargetChanged lets pass what can change where a server's clients should go.
func TargetChanged() predicate.Predicate {
	return predicate.Funcs{UpdateFunc: func(e event.UpdateEvent) bool {
		before, after := e.ObjectOld.(*v1alpha1.TcpServer), e.ObjectNew.(*v1alpha1.TcpServer)
		return !desired.SameTarget(before, after)
	}}
}
