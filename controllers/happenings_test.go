package controllers

import (
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"tcp-operator.io/api/v1alpha1"
)

// everythingThatCanHappen leads a running manager through all it may do.
func (w *world) everythingThatCanHappen(seen *requests) {
	w.t.Helper()
	w.create(clientOf("caller", "greeter"))
	w.create(&v1alpha1.TcpServer{ObjectMeta: metav1.ObjectMeta{Name: "greeter"}})
	for _, name := range []string{"greeter", "caller"} {
		w.eventually("a Deployment "+name, func() bool { return w.exists(name, &appsv1.Deployment{}) })
		w.rollOut(name, 1)
	}
	w.eventually("the client to be ready", func() bool { return w.reason("caller") == v1alpha1.ReasonSessionsEstablished })
	w.scaleAndRestrict()
	w.driftIsRepaired()
	w.optionalChildrenGo()
	w.lostChildIsMadeAgain()
	w.nameIsTaken()
	w.serverIsDeleted()
	w.eventually("the lease's event", func() bool { return seen.has("create core/events") })
	w.eventually("the lease to be renewed", func() bool { return seen.has("update coordination.k8s.io/leases") })
}

func (w *world) setServer(edit func(*v1alpha1.TcpServerSpec)) {
	w.t.Helper()
	var cr v1alpha1.TcpServer
	w.change("greeter", &cr, func() { edit(&cr.Spec) })
}

func (w *world) scaleAndRestrict() {
	w.t.Helper()
	w.setServer(func(s *v1alpha1.TcpServerSpec) {
		s.Replicas, s.NetworkPolicy.Mode = new(int32(2)), v1alpha1.NetworkPolicyRestrict
	})
	w.eventually("the optional children", func() bool {
		return w.exists("greeter", &networkingv1.NetworkPolicy{}) && w.exists("greeter", &policyv1.PodDisruptionBudget{})
	})
}

// driftIsRepaired takes a label from every child.
func (w *world) driftIsRepaired() {
	w.t.Helper()
	const label = "app.kubernetes.io/managed-by"
	for _, child := range []client.Object{&appsv1.Deployment{}, &corev1.Service{}, &networkingv1.NetworkPolicy{}, &policyv1.PodDisruptionBudget{}} {
		w.change("greeter", child, func() {
			labels := child.GetLabels()
			delete(labels, label)
			child.SetLabels(labels)
		})
		w.eventually("drift to be repaired", func() bool {
			w.get("greeter", child)
			return child.GetLabels()[label] != ""
		})
	}
}

func (w *world) optionalChildrenGo() {
	w.t.Helper()
	w.setServer(func(s *v1alpha1.TcpServerSpec) {
		s.Replicas, s.NetworkPolicy.Mode = new(int32(1)), v1alpha1.NetworkPolicyNone
	})
	w.eventually("the optional children to go", func() bool {
		return !w.exists("greeter", &networkingv1.NetworkPolicy{}) && !w.exists("greeter", &policyv1.PodDisruptionBudget{})
	})
}

func (w *world) lostChildIsMadeAgain() {
	w.t.Helper()
	var lost appsv1.Deployment
	w.get("greeter", &lost)
	if err := w.client.Delete(w.t.Context(), &lost); err != nil {
		w.t.Fatal(err)
	}
	w.eventually("a lost Deployment to be made again", func() bool {
		var again appsv1.Deployment
		return w.exists("greeter", &again) && again.UID != lost.UID
	})
}

func (w *world) nameIsTaken() {
	w.t.Helper()
	w.create(&corev1.Service{ObjectMeta: metav1.ObjectMeta{Name: "taken"}, Spec: corev1.ServiceSpec{Ports: []corev1.ServicePort{{Port: 80}}}})
	w.create(&v1alpha1.TcpServer{ObjectMeta: metav1.ObjectMeta{Name: "taken"}})
	w.eventually("a name conflict to be told", func() bool {
		var cr v1alpha1.TcpServer
		w.get("taken", &cr)
		return meta.IsStatusConditionTrue(cr.Status.Conditions, v1alpha1.ConditionStalled)
	})
}

func (w *world) serverIsDeleted() {
	w.t.Helper()
	var cr v1alpha1.TcpServer
	w.get("greeter", &cr)
	if err := w.client.Delete(w.t.Context(), &cr); err != nil {
		w.t.Fatal(err)
	}
	w.eventually("the client to miss its server", func() bool {
		var caller v1alpha1.TcpClient
		w.get("caller", &caller)
		return meta.IsStatusConditionFalse(caller.Status.Conditions, v1alpha1.ConditionResolvedRefs)
	})
}
