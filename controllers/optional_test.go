package controllers

import (
	"testing"

	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tcp-operator.io/api/v1alpha1"
)

func TestOptionalChildrenComeAndGo(t *testing.T) {
	w := newWorld(t)
	w.readyServer("greeter")
	want := func(budget, policy bool) {
		t.Helper()
		w.reconcileServer("greeter")
		if got := w.exists("greeter", &policyv1.PodDisruptionBudget{}); got != budget {
			t.Errorf("a PodDisruptionBudget exists: %v, want %v", got, budget)
		}
		if got := w.exists("greeter", &networkingv1.NetworkPolicy{}); got != policy {
			t.Errorf("a NetworkPolicy exists: %v, want %v", got, policy)
		}
	}
	var cr v1alpha1.TcpServer
	set := func(replicas int32, mode v1alpha1.NetworkPolicyMode) {
		t.Helper()
		w.change("greeter", &cr, func() { cr.Spec.Replicas, cr.Spec.NetworkPolicy.Mode = &replicas, mode })
	}
	want(false, false)
	set(2, v1alpha1.NetworkPolicyRestrict)
	want(true, true)
	set(2, v1alpha1.NetworkPolicyNone)
	want(true, false)
	set(1, v1alpha1.NetworkPolicyRestrict)
	want(false, true)
	set(0, v1alpha1.NetworkPolicyNone)
	want(false, false)
}

func TestAForeignObjectIsNotRemoved(t *testing.T) {
	w := newWorld(t)
	w.create(&policyv1.PodDisruptionBudget{
		ObjectMeta: metav1.ObjectMeta{Name: "greeter"},
		Spec:       policyv1.PodDisruptionBudgetSpec{Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": "web"}}},
	})
	w.readyServer("greeter")
	if !w.exists("greeter", &policyv1.PodDisruptionBudget{}) {
		t.Fatal("a foreign PodDisruptionBudget was removed")
	}
	var cr v1alpha1.TcpServer
	w.change("greeter", &cr, func() { cr.Spec.Replicas = new(int32(2)) })
	got := w.reconcileServer("greeter")
	wantCondition(t, got.Status.Conditions, v1alpha1.ConditionStalled, "True", v1alpha1.ReasonNameConflict)
}
