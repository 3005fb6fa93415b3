package desired_test

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"tcp-operator.io/api/v1alpha1"
	"tcp-operator.io/controllers/desired"
)

// TestASpreadIsAboutTheResourcesOwnPods: to Kubernetes, a constraint without a
// selector is about no pods at all.
func TestASpreadIsAboutTheResourcesOwnPods(t *testing.T) {
	other := &metav1.LabelSelector{MatchLabels: map[string]string{"app": "other"}}
	cr := server(t, classicServer)
	cr.Spec.Pod.TopologySpreadConstraints = []corev1.TopologySpreadConstraint{
		{MaxSkew: 1, TopologyKey: "zone", WhenUnsatisfiable: corev1.DoNotSchedule},
		{MaxSkew: 2, TopologyKey: "rack", WhenUnsatisfiable: corev1.ScheduleAnyway, LabelSelector: other},
	}
	spread := serverPods(t, cr).Spec.Template.Spec.TopologySpreadConstraints
	if len(spread) != 2 {
		t.Fatalf("%d constraints, want 2", len(spread))
	}
	if got := spread[0].LabelSelector.MatchLabels; !labels.Equals(got, desired.Selector(v1alpha1.ServerKind, "greeter")) {
		t.Errorf("the first counts pods with %v", got)
	}
	if got := spread[1].LabelSelector.MatchLabels; !labels.Equals(got, other.MatchLabels) {
		t.Errorf("the second counts pods with %v", got)
	}
	if cr.Spec.Pod.TopologySpreadConstraints[0].LabelSelector != nil {
		t.Error("the spec was changed")
	}
}
