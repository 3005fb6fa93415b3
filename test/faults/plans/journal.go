package plans

import (
	"context"
	"fmt"
	"maps"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"tcp-operator.io/api/v1alpha1"
	"tcp-operator.io/test/faults/world"
)

// version is a state of an object; a nil object means that it was not there.
type version struct {
	object client.Object
	moment int // of the whole journal
}

// journal holds every version of every object of a namespace, in the order in
// which they came to be. It is read after each write, so that nothing is missed.
type journal struct {
	reader    client.Reader
	namespace string
	keys      []key // in the order of appearance
	versions  map[key][]version
	moment    int // counts all versions
	// changed is told of each new version and the one before.
	changed func(k key, before, after client.Object)
}

func newJournal(reader client.Reader, namespace string) *journal {
	return &journal{reader: reader, namespace: namespace, versions: map[key][]version{}}
}

// empty are the objects that a journal can hold, by kind.
var empty = map[string]client.Object{
	"TcpServer":           &v1alpha1.TcpServer{},
	"TcpClient":           &v1alpha1.TcpClient{},
	"Deployment":          &appsv1.Deployment{},
	"Service":             &corev1.Service{},
	"NetworkPolicy":       &networkingv1.NetworkPolicy{},
	"PodDisruptionBudget": &policyv1.PodDisruptionBudget{},
}

// note reads the object, and adds a version if it has changed.
func (j *journal) note(ctx context.Context, k key) error {
	of, known := empty[k.kind]
	if !known {
		return fmt.Errorf("nothing of kind %q should be written", k.kind)
	}
	now := of.DeepCopyObject().(client.Object)
	err := j.reader.Get(ctx, client.ObjectKey{Namespace: j.namespace, Name: k.name}, now)
	if apierrors.IsNotFound(err) {
		now, err = nil, nil
	}
	if err != nil {
		return fmt.Errorf("reading %s for the journal: %w", k, err)
	}
	before := j.latest(k)
	if sameVersion(before, now) {
		return nil
	}
	if _, seen := j.versions[k]; !seen {
		j.keys = append(j.keys, k)
		j.versions[k] = []version{{}} // it was not there
	}
	j.moment++
	j.versions[k] = append(j.versions[k], version{now, j.moment})
	if j.changed != nil {
		j.changed(k, before, now)
	}
	return nil
}

func sameVersion(a, b client.Object) bool {
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	return a.GetResourceVersion() == b.GetResourceVersion()
}

// newest is the index of the last version.
func (j *journal) newest(k key) int { return max(0, len(j.versions[k])-1) }

// at is a version by index; nil where the object was not there.
func (j *journal) at(k key, index int) client.Object {
	if index >= len(j.versions[k]) {
		return nil
	}
	return j.versions[k][index].object
}

// latest is the object as it is now; nil where it is not there.
func (j *journal) latest(k key) client.Object { return j.at(k, j.newest(k)) }

// asOf is the index of the version that was the last one at a moment.
func (j *journal) asOf(k key, moment int) int {
	index := 0
	for i, v := range j.versions[k] {
		if v.moment <= moment {
			index = i
		}
	}
	return index
}

// world is what there is now.
func (j *journal) world() world.World {
	w := world.World{Namespace: j.namespace}
	for _, k := range j.keys {
		if o := j.latest(k); o != nil {
			w.Objects = append(w.Objects, o)
		}
	}
	return w
}

// checkComplete holds that nothing was written past the journal: what it says
// there is now is what there is.
func (j *journal) checkComplete(is world.World) error {
	if says := versionsOf(j.world()); !maps.Equal(says, versionsOf(is)) {
		return fmt.Errorf("the journal says that there is %v: there is %v", says, versionsOf(is))
	}
	return nil
}

func versionsOf(w world.World) map[key]string {
	all := map[key]string{}
	for _, o := range w.Objects {
		all[keyOf(o)] = o.GetResourceVersion()
	}
	return all
}

// churn counts how often children were created and deleted after a moment.
func (j *journal) churn(since int) (created, deleted int) {
	for _, k := range j.keys {
		if world.IsResource(empty[k.kind]) {
			continue
		}
		all := j.versions[k]
		for i := 1; i < len(all); i++ {
			if all[i].moment <= since {
				continue
			}
			if all[i-1].object == nil {
				created++
			}
			if all[i].object == nil {
				deleted++
			}
		}
	}
	return created, deleted
}
