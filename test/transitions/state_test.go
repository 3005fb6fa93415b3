package transitions

import (
	"encoding/json"
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/apiutil"

	"tcp-operator.io/api/v1alpha1"
)

// state is what can be seen of a resource: its status and its children,
// without what no two objects have in common.
type state map[string]any

// state reads the state, and holds what every status must hold.
func (r *resource) state() state {
	r.t.Helper()
	cr := r.read()
	r.checkSummary(cr)
	_, chosen, _ := unstructured.NestedFieldNoCopy(cr.Object, "spec", "service", "nodePort")
	s := state{}
	for _, child := range children() {
		gvk, err := apiutil.GVKForObject(child, server.Scheme)
		if err != nil {
			r.t.Fatal(err)
		}
		o := &unstructured.Unstructured{}
		o.SetGroupVersionKind(gvk)
		err = server.Client.Get(r.t.Context(), client.ObjectKeyFromObject(cr), o)
		if client.IgnoreNotFound(err) != nil {
			r.t.Fatal(err)
		}
		if err != nil {
			continue
		}
		delete(o.Object, "status") // the test itself played it
		if gvk.Kind == "Service" {
			dropAllocated(o.Object["spec"].(map[string]any), chosen)
		}
		s[gvk.Kind] = r.comparable(o)
	}
	told := cr.Object["status"].(map[string]any)
	if !chosen {
		delete(told, "nodePort")
	}
	s["status"] = r.anywhere(timeless(told))
	return s
}

// timeless drops from a status when it was written, and the order in which
// conditions came up.
func timeless(told map[string]any) map[string]any {
	delete(told, "observedTime")
	delete(told, "observedGeneration")
	byType := map[string]any{}
	for _, one := range told["conditions"].([]any) {
		c := one.(map[string]any)
		delete(c, "lastTransitionTime")
		delete(c, "observedGeneration")
		byType[c["type"].(string)] = c
	}
	told["conditions"] = byType
	return told
}

// checkSummary holds what kstatus reads.
func (r *resource) checkSummary(cr *unstructured.Unstructured) {
	r.t.Helper()
	conditions := conditionsOf(r.t, cr)
	told := 0
	for _, name := range []string{v1alpha1.ConditionReady, v1alpha1.ConditionReconciling, v1alpha1.ConditionStalled} {
		if meta.IsStatusConditionTrue(conditions, name) {
			told++
		}
	}
	if told != 1 {
		r.t.Errorf("%d of Ready, Reconciling and Stalled are True: %+v", told, conditions)
	}
	observed, _, _ := unstructured.NestedInt64(cr.Object, "status", "observedGeneration")
	for _, c := range conditions {
		if c.ObservedGeneration != cr.GetGeneration() || observed != cr.GetGeneration() {
			r.t.Errorf("status is of generation %d and %s of %d, want %d", observed, c.Type, c.ObservedGeneration, cr.GetGeneration())
		}
	}
}

// appliedHash is the annotation by which the operator knows what it wrote; the
// owner's UID goes into it.
const appliedHash = "tcp-operator.io/applied"

// comparable drops from a child what is its own: names of the moment, and what
// the API server wrote.
func (r *resource) comparable(o *unstructured.Unstructured) map[string]any {
	r.t.Helper()
	o.SetUID("")
	o.SetResourceVersion("")
	o.SetGeneration(0)
	o.SetCreationTimestamp(metav1.Time{})
	o.SetManagedFields(nil)
	unstructured.RemoveNestedField(o.Object, "metadata", "annotations", appliedHash)
	if len(o.GetAnnotations()) == 0 {
		o.SetAnnotations(nil)
	}
	owners := o.GetOwnerReferences()
	for i := range owners {
		owners[i].UID = ""
	}
	o.SetOwnerReferences(owners)
	return r.anywhere(o.Object)
}

// anywhere is content with a word in place of the namespace.
func (r *resource) anywhere(content map[string]any) map[string]any {
	r.t.Helper()
	text, err := json.Marshal(content)
	if err != nil {
		r.t.Fatal(err)
	}
	var out map[string]any
	if err := json.Unmarshal([]byte(strings.ReplaceAll(string(text), r.namespace, "namespace")), &out); err != nil {
		r.t.Fatal(err)
	}
	return out
}

// dropAllocated drops from a Service's spec what the API server chose: its
// addresses, and its node ports unless the user chose.
func dropAllocated(spec map[string]any, chosen bool) {
	for _, field := range []string{"clusterIP", "clusterIPs", "healthCheckNodePort"} {
		delete(spec, field)
	}
	if chosen {
		return
	}
	for _, port := range spec["ports"].([]any) {
		delete(port.(map[string]any), "nodePort")
	}
}
