// Package world takes snapshots of a namespace: TcpServers, TcpClients and
// everything that may be a child of one.
package world

import (
	"context"
	"fmt"
	"reflect"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"tcp-operator.io/api/v1alpha1"
)

// World is what there was in a namespace at one moment.
type World struct {
	Namespace string
	Objects   []client.Object
	// Targets are where clients went when all was last as it should be, by
	// their UID. A snapshot does not tell: whoever watches has to remember.
	Targets map[types.UID]string
}

// lists are of every kind that belongs to a World.
func lists() []client.ObjectList {
	return []client.ObjectList{
		&v1alpha1.TcpServerList{}, &v1alpha1.TcpClientList{},
		&appsv1.DeploymentList{}, &corev1.ServiceList{}, &networkingv1.NetworkPolicyList{}, &policyv1.PodDisruptionBudgetList{},
	}
}

// Read takes a snapshot.
func Read(ctx context.Context, c client.Reader, namespace string) (World, error) {
	w := World{Namespace: namespace}
	for _, list := range lists() {
		if err := c.List(ctx, list, client.InNamespace(namespace)); err != nil {
			return w, fmt.Errorf("listing %T: %w", list, err)
		}
		err := meta.EachListItem(list, func(o runtime.Object) error {
			w.Objects = append(w.Objects, o.(client.Object))
			return nil
		})
		if err != nil {
			return w, fmt.Errorf("reading %T: %w", list, err)
		}
	}
	return w, nil
}

// Kind is the kind of o, which a typed object does not say itself.
func Kind(o client.Object) string {
	if u, ok := o.(*unstructured.Unstructured); ok {
		return u.GetKind()
	}
	return reflect.TypeOf(o).Elem().Name()
}

// All are the objects of one type.
func All[T client.Object](w World) []T {
	var all []T
	for _, o := range w.Objects {
		if typed, ok := o.(T); ok {
			all = append(all, typed)
		}
	}
	return all
}

// Find is the object of one type and name; the zero T, which is nil, where
// there is none.
func Find[T client.Object](w World, name string) T {
	for _, o := range All[T](w) {
		if o.GetName() == name {
			return o
		}
	}
	var none T
	return none
}

// IsResource tells whether o is a TcpServer or a TcpClient.
func IsResource(o client.Object) bool {
	switch o.(type) {
	case *v1alpha1.TcpServer, *v1alpha1.TcpClient:
		return true
	}
	return false
}

// Orphans are the children whose controller is not, or no longer, in w: what
// the garbage collector deletes.
func (w World) Orphans() []client.Object {
	live := map[string]bool{}
	for _, o := range w.Objects {
		if IsResource(o) {
			live[string(o.GetUID())] = true
		}
	}
	var orphans []client.Object
	for _, o := range w.Objects {
		if ref := metav1.GetControllerOf(o); ref != nil && !live[string(ref.UID)] {
			orphans = append(orphans, o)
		}
	}
	return orphans
}
