package topology

import (
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tcp-operator.io/api/v1alpha1"
)

// Health is how a resource is, in the order and by the rules of kstatus, with
// which Flux, Helm and pipelines judge it.
type Health string

// The healths.
const (
	Healthy     Health = "Healthy"
	Progressing Health = "Progressing" // not there yet, or recovering by itself
	Failed      Health = "Failed"      // somebody has to act
	Terminating Health = "Terminating"
)

// HealthOf judges a resource by its conditions.
func HealthOf(o metav1.Object, conditions []metav1.Condition, observedGeneration int64) Health {
	switch {
	case o.GetDeletionTimestamp() != nil:
		return Terminating
	case observedGeneration != o.GetGeneration(),
		meta.IsStatusConditionTrue(conditions, v1alpha1.ConditionReconciling):
		return Progressing
	case meta.IsStatusConditionTrue(conditions, v1alpha1.ConditionStalled):
		return Failed
	case meta.IsStatusConditionTrue(conditions, v1alpha1.ConditionReady):
		return Healthy
	}
	return Progressing
}

// summarise takes over what the condition Ready says.
func (r *Resource) summarise(conditions []metav1.Condition, observedGeneration int64, o metav1.Object) {
	r.Health = HealthOf(o, conditions, observedGeneration)
	if ready := meta.FindStatusCondition(conditions, v1alpha1.ConditionReady); ready != nil {
		r.Reason, r.Message = ready.Reason, ready.Message
	}
}
