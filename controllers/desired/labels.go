package desired

import (
	"maps"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
	metav1ac "k8s.io/client-go/applyconfigurations/meta/v1"
)

// Labels that every child and every pod carries. KindLabel and NameLabel are
// the selector; ManagedByLabel limits the operator's caches.
const (
	KindLabel      = "tcp-operator.io/kind"
	NameLabel      = "tcp-operator.io/name"
	ManagedByLabel = "app.kubernetes.io/managed-by"
	ManagedBy      = "tcp-operator"

	// OperatorName is the value of app.kubernetes.io/name on the operator's
	// own pods.
	OperatorName = "tcp-operator"

	appNameLabel = "app.kubernetes.io/name"
	appName      = "tcp-workload"
)

// Selector selects the pods of the named resource.
func Selector(kind schema.GroupVersionKind, name string) labels.Set {
	return labels.Set{KindLabel: kind.Kind, NameLabel: name}
}

func childLabels(kind schema.GroupVersionKind, name string) map[string]string {
	all := map[string]string{ManagedByLabel: ManagedBy, appNameLabel: appName}
	maps.Copy(all, Selector(kind, name))
	return all
}

// ownerReference makes owner the controller of a child, which the garbage
// collector removes with it.
func ownerReference(kind schema.GroupVersionKind, owner metav1.Object) *metav1ac.OwnerReferenceApplyConfiguration {
	return metav1ac.OwnerReference().
		WithAPIVersion(kind.GroupVersion().String()).
		WithKind(kind.Kind).
		WithName(owner.GetName()).
		WithUID(owner.GetUID()).
		WithController(true).
		WithBlockOwnerDeletion(true)
}

// plain turns a map of bounded strings of the API into a map of strings.
func plain[V ~string](m map[string]V) map[string]string {
	out := make(map[string]string, len(m))
	for k, v := range m {
		out[k] = string(v)
	}
	return out
}
