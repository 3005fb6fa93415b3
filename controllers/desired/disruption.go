package desired

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/intstr"
	metav1ac "k8s.io/client-go/applyconfigurations/meta/v1"
	policyv1ac "k8s.io/client-go/applyconfigurations/policy/v1"

	policyv1 "k8s.io/api/policy/v1"
)

// disruptionBudget lets a drain take one pod at a time; nil for a single pod,
// which it could only block. Pods that are not ready may always be evicted: a
// client whose sessions are down must not hold up a node.
func disruptionBudget(kind schema.GroupVersionKind, owner metav1.Object, replicas int32) *policyv1ac.PodDisruptionBudgetApplyConfiguration {
	if replicas < 2 {
		return nil
	}
	return policyv1ac.PodDisruptionBudget(owner.GetName(), owner.GetNamespace()).
		WithLabels(childLabels(kind, owner.GetName())).
		WithOwnerReferences(ownerReference(kind, owner)).
		WithSpec(policyv1ac.PodDisruptionBudgetSpec().
			WithMaxUnavailable(intstr.FromInt32(1)).
			WithUnhealthyPodEvictionPolicy(policyv1.AlwaysAllow).
			WithSelector(metav1ac.LabelSelector().WithMatchLabels(Selector(kind, owner.GetName()))))
}
