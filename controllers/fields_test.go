package controllers

import (
	"encoding/json"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"tcp-operator.io/api/v1alpha1"
	"tcp-operator.io/test/fields"
)

// TestEveryFieldTakesEffect changes every field of both kinds on a resource
// whose pods run, and looks for the effect in the children.
func TestEveryFieldTakesEffect(t *testing.T) {
	for _, kind := range fields.Kinds() {
		for _, field := range kind.Fields(t) {
			t.Run(kind.Name+"/"+field.Path, func(t *testing.T) { checkEffect(t, kind, field) })
		}
	}
}

func checkEffect(t *testing.T, kind fields.Kind, field fields.Field) {
	w := newWorld(t)
	reconcile := func() { w.reconcileServer("it") }
	if kind.Name == v1alpha1.ClientKind.Kind {
		w.readyServer("target")
		reconcile = func() { w.reconcileClient("it") }
	}
	cr := &unstructured.Unstructured{Object: map[string]any{"spec": kind.Spec(t)}}
	cr.SetGroupVersionKind(v1alpha1.GroupVersion.WithKind(kind.Name))
	cr.SetName("it")
	w.create(cr)
	reconcile()
	before := w.childrenOf("it")
	w.change("it", cr, func() { cr.Object["spec"] = field.With(t, cr.Object["spec"].(map[string]any), field.Set) })
	reconcile()
	after := w.childrenOf("it")
	if !strings.Contains(after, field.Effect) {
		t.Errorf("%s has no effect: the children lack %s\n%s", field.Set, field.Effect, after)
	}
	if field.Effect != "" && strings.Contains(before, field.Effect) {
		t.Errorf("%s stood in the children before: the test shows nothing", field.Effect)
	}
}

// childrenOf is the JSON of everything made for the named resource.
func (w *world) childrenOf(name string) string {
	w.t.Helper()
	var all strings.Builder
	for _, child := range []client.Object{&appsv1.Deployment{}, &corev1.Service{}, &networkingv1.NetworkPolicy{}, &policyv1.PodDisruptionBudget{}} {
		if !w.exists(name, child) {
			continue
		}
		child.SetManagedFields(nil)
		text, err := json.Marshal(child)
		if err != nil {
			w.t.Fatal(err)
		}
		all.Write(text)
	}
	return all.String()
}
