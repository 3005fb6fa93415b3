package controllers

import (
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"tcp-operator.io/api/v1alpha1"
)

// fullWorld has a server and a client with a child of every kind.
func fullWorld(t *testing.T) *world {
	t.Helper()
	w := newWorld(t)
	server := &v1alpha1.TcpServer{ObjectMeta: metav1.ObjectMeta{Name: "greeter"}}
	server.Spec.Replicas, server.Spec.NetworkPolicy.Mode = new(int32(2)), v1alpha1.NetworkPolicyRestrict
	w.create(server)
	w.reconcileServer("greeter")
	w.rollOut("greeter", 2)
	w.reconcileServer("greeter")
	caller := clientOf("caller", "greeter")
	caller.Spec.Replicas, caller.Spec.NetworkPolicy.Mode = new(int32(2)), v1alpha1.NetworkPolicyRestrict
	w.create(caller)
	w.reconcileClient("caller")
	return w
}

// restart forgets what the operator had in memory.
func (w *world) restart() {
	w.servers = NewTcpServerReconciler(w.servers.Dependencies)
	w.clients = NewTcpClientReconciler(w.clients.Dependencies)
	w.writes = 0
}

func TestARestartWritesNothing(t *testing.T) {
	w := fullWorld(t)
	w.restart()
	for range 2 {
		w.reconcileServer("greeter")
		w.reconcileClient("caller")
	}
	if w.writes != 0 {
		t.Errorf("%d requests to write after a restart, want none", w.writes)
	}
}

func TestWhatOthersDoToTheirOwnFieldsCausesNoWrites(t *testing.T) {
	w := fullWorld(t)
	w.writes = 0
	var s corev1.Service
	w.change("greeter", &s, func() { s.Annotations["example.com/note"] = "mine" })
	w.reconcileServer("greeter")
	if w.writes != 0 {
		t.Errorf("%d requests to write because of a foreign annotation, want none", w.writes)
	}
}

// TestDriftDuringADowntimeIsRepaired changes what the operator wants while it
// does not run.
func TestDriftDuringADowntimeIsRepaired(t *testing.T) {
	w := fullWorld(t)
	var d appsv1.Deployment
	var s corev1.Service
	var p networkingv1.NetworkPolicy
	var b policyv1.PodDisruptionBudget
	for name, drift := range map[string]struct {
		child client.Object
		edit  func()
	}{
		"a number":                  {&d, func() { d.Spec.Replicas = new(int32(7)) }},
		"a field of a list":         {&d, func() { d.Spec.Template.Spec.Containers[0].Image = "somebody:else" }},
		"a setting":                 {&d, func() { d.Spec.Template.Spec.Containers[0].Env[0].Value = "{}" }},
		"a field that is gone":      {&d, func() { d.Spec.Template.Spec.AutomountServiceAccountToken = nil }},
		"a label that is gone":      {&s, func() { delete(s.Labels, "app.kubernetes.io/name") }},
		"one more selecting label":  {&s, func() { s.Spec.Selector["a"] = "b" }},
		"one more rule":             {&p, func() { p.Spec.Ingress = append(p.Spec.Ingress, networkingv1.NetworkPolicyIngressRule{}) }},
		"one more label in a rule":  {&p, func() { p.Spec.PodSelector.MatchLabels["a"] = "b" }},
		"an owner that is gone":     {&p, func() { p.OwnerReferences[0].BlockOwnerDeletion = nil }},
		"a number of another kind":  {&b, func() { b.Spec.MaxUnavailable = new(intstr.FromString("50%")) }},
		"the note of what was done": {&b, func() { b.Annotations = nil }},
	} {
		w.get("greeter", drift.child)
		want := liveHash(drift.child)
		w.change("greeter", drift.child, drift.edit)
		w.restart()
		w.reconcileServer("greeter")
		w.get("greeter", drift.child)
		if liveHash(drift.child) != want {
			t.Errorf("%s: the drift stays", name)
		}
	}
}
