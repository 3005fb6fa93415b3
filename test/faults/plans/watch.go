package plans

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/predicate"

	"tcp-operator.io/api/v1alpha1"
	"tcp-operator.io/test/faults/world"
)

// passes tells whether a predicate lets the change of an object through.
func passes(p predicate.Predicate, before, after client.Object) bool {
	switch {
	case before == nil:
		return p.Create(event.CreateEvent{Object: after})
	case after == nil:
		return p.Delete(event.DeleteEvent{Object: before})
	}
	return p.Update(event.UpdateEvent{ObjectOld: before, ObjectNew: after})
}

// controllersOf are the resources to which the states of a child belong.
func controllersOf(states ...client.Object) []key {
	var all []key
	for _, o := range states {
		if o == nil {
			continue
		}
		if ref := metav1.GetControllerOf(o); ref != nil {
			all = append(all, key{ref.Kind, ref.Name})
		}
	}
	return all
}

// callersOf are the clients that refer to a server.
func callersOf(server string, w world.World) []key {
	var all []key
	for _, cr := range world.All[*v1alpha1.TcpClient](w) {
		if ref := cr.Spec.ServerRef; ref != nil && ref.Name == server {
			all = append(all, keyOf(cr))
		}
	}
	return all
}
