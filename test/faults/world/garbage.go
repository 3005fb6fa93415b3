package world

import (
	"context"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// Dependents are the children that name o as their controller.
func (w World) Dependents(o client.Object) []client.Object {
	var all []client.Object
	for _, child := range w.Objects {
		if metav1.IsControlledBy(child, o) {
			all = append(all, child)
		}
	}
	return all
}

// Going are the resources that are deleted and wait for the garbage collector.
func (w World) Going() []client.Object {
	var all []client.Object
	for _, o := range w.Objects {
		if IsResource(o) && !o.GetDeletionTimestamp().IsZero() {
			all = append(all, o)
		}
	}
	return all
}

// Finish does the garbage collector's next step for a resource that is Going:
// its children are deleted first, or freed if they should be left behind; once
// there are none, it goes.
func (w World) Finish(ctx context.Context, c client.Client, o client.Object) error {
	finalizers, children := o.GetFinalizers(), w.Dependents(o)
	frees := slices.Contains(finalizers, metav1.FinalizerOrphanDependents)
	for _, child := range children {
		var err error
		if frees {
			err = patch(ctx, c, child, func(free client.Object) { free.SetOwnerReferences(nil) })
		} else {
			err = Collect(ctx, c, child)
		}
		if err != nil {
			return err
		}
	}
	if len(children) > 0 {
		return nil // the next step sees what came of it
	}
	return patch(ctx, c, o, func(done client.Object) {
		done.SetFinalizers(slices.DeleteFunc(slices.Clone(finalizers), func(name string) bool {
			return name == metav1.FinalizerOrphanDependents || name == metav1.FinalizerDeleteDependents
		}))
	})
}

// Collect deletes a child, as the garbage collector does.
func Collect(ctx context.Context, c client.Client, o client.Object) error {
	uid := o.GetUID()
	err := c.Delete(ctx, o.DeepCopyObject().(client.Object), client.Preconditions{UID: &uid})
	if apierrors.IsConflict(err) {
		return nil // its successor has the name
	}
	return client.IgnoreNotFound(err)
}

// patch changes o, unless it is another by now.
func patch(ctx context.Context, c client.Client, o client.Object, change func(client.Object)) error {
	next := o.DeepCopyObject().(client.Object)
	change(next)
	err := c.Patch(ctx, next, client.MergeFromWithOptions(o, client.MergeFromWithOptimisticLock{}))
	return client.IgnoreNotFound(err)
}
