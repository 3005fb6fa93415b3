// Package oracle judges whether a namespace is as its TcpServers and TcpClients
// ask, by what the API's documentation says. It shares no code with the
// operator: what both get wrong in the same way would pass.
package oracle

import (
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"tcp-operator.io/api/v1alpha1"
	"tcp-operator.io/test/faults/world"
)

// Match returns what is wrong with w where the operator runs image in pods;
// empty when everything is as it should be and is reported so.
func Match(w world.World, image string) []string {
	f := &findings{}
	for _, o := range w.Orphans() {
		f.add(o, "belongs to a resource that is gone")
	}
	for _, o := range w.Going() {
		f.add(o, "is still being deleted")
	}
	for _, cr := range world.All[*v1alpha1.TcpServer](w) {
		if cr.DeletionTimestamp.IsZero() {
			server(f, cr, w, image)
		}
	}
	for _, cr := range world.All[*v1alpha1.TcpClient](w) {
		if cr.DeletionTimestamp.IsZero() {
			caller(f, cr, w, image)
		}
	}
	for _, o := range w.Objects {
		if !world.IsResource(o) && !freed(w, o) {
			child(f, o)
		}
	}
	return f.wrong
}

// freed tells whether o was left behind by a resource that was deleted without
// its children: then nobody owns it, and there is no resource of its name.
func freed(w world.World, o client.Object) bool {
	return len(o.GetOwnerReferences()) == 0 &&
		world.Find[*v1alpha1.TcpServer](w, o.GetName()) == nil && world.Find[*v1alpha1.TcpClient](w, o.GetName()) == nil
}

// Settings returns what is wrong with the children of the named resource
// alone, whatever its status says.
func Settings(w world.World, kind, name, image string) []string {
	f := &findings{}
	switch kind {
	case v1alpha1.ServerKind.Kind:
		if cr := world.Find[*v1alpha1.TcpServer](w, name); cr != nil {
			serverChildren(f, cr, w, image)
		}
	case v1alpha1.ClientKind.Kind:
		if cr := world.Find[*v1alpha1.TcpClient](w, name); cr != nil {
			clientChildren(f, cr, w, targetOf(cr, w), image)
		}
	}
	return f.wrong
}

// findings are what is wrong so far.
type findings struct{ wrong []string }

func (f *findings) add(o client.Object, format string, args ...any) {
	f.wrong = append(f.wrong, fmt.Sprintf("%s %s: %s", world.Kind(o), o.GetName(), fmt.Sprintf(format, args...)))
}

// equal notes where something of o is not as wanted.
func equal[T comparable](f *findings, o client.Object, what string, got, want T) {
	if got != want {
		f.add(o, "%s is %v, want %v", what, got, want)
	}
}

// child holds what is so of every child: it has exactly one controller, and
// the label by which the operator finds it.
func child(f *findings, o client.Object) {
	controllers := 0
	for _, ref := range o.GetOwnerReferences() {
		if ref.Controller != nil && *ref.Controller {
			controllers++
		}
	}
	equal(f, o, "the number of controllers", controllers, 1)
	equal(f, o, "the label managed-by", o.GetLabels()["app.kubernetes.io/managed-by"], "tcp-operator")
}

// childrenOf are the children of one resource, by type; nil where there is none.
type childrenOf struct {
	deployment *appsv1.Deployment
	service    *corev1.Service
	policy     *networkingv1.NetworkPolicy
	budget     *policyv1.PodDisruptionBudget
}

// find returns the children that owner controls. One of another name is not
// wanted by anybody.
func find(f *findings, owner client.Object, w world.World) childrenOf {
	var all childrenOf
	for _, o := range w.Objects {
		if !metav1.IsControlledBy(o, owner) {
			continue
		}
		if o.GetName() != owner.GetName() {
			f.add(o, "is a child that %s does not ask for", owner.GetName())
			continue
		}
		switch o := o.(type) {
		case *appsv1.Deployment:
			all.deployment = o
		case *corev1.Service:
			all.service = o
		case *networkingv1.NetworkPolicy:
			all.policy = o
		case *policyv1.PodDisruptionBudget:
			all.budget = o
		}
	}
	return all
}
