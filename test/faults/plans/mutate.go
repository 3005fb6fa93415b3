package plans

import (
	"context"
	"encoding/json"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"tcp-operator.io/api/v1alpha1"
	"tcp-operator.io/test/faults/oracle"
	"tcp-operator.io/test/faults/world"
)

// Mutants are the classic bugs of operators, each planted between the real
// reconcilers and the API server. A harness that does not catch one of them
// proves nothing.
func Mutants() []Mutant {
	return []Mutant{
		{Name: "delete by name", Client: deleteByName},
		{Name: "skip if exists", Client: skipIfExists},
		{Name: "edge trigger", Client: edgeTrigger},
		{Name: "status without lock", Client: StatusWithoutLock},
		{Name: "status before children", Client: statusBeforeChildren},
		{Name: "not found ignored", Client: notFoundIgnored},
		{Name: "rolls back what took too long", Client: rollsBack},
		{Name: "makes each child once", Client: makesOnce},
		{Name: "looks at generations only", Overlooks: sameGeneration},
	}
}

// deleteByName deletes whatever has the name by now.
func deleteByName(c client.WithWatch) client.WithWatch {
	return interceptor.NewClient(c, interceptor.Funcs{
		Delete: func(ctx context.Context, c client.WithWatch, o client.Object, _ ...client.DeleteOption) error {
			return c.Delete(ctx, o)
		},
	})
}

// skipIfExists takes a Service that somebody else has made for the sign that
// everything was made before: a Deployment is then changed, but not created.
func skipIfExists(c client.WithWatch) client.WithWatch {
	mine := map[string]bool{}
	return interceptChildren(c, func(ctx context.Context, c client.WithWatch, w childWrite) error {
		if w.kind == "Service" && !exists(ctx, c, "Service", w.at) {
			mine[w.at.Name] = true
		}
		if w.kind == "Deployment" && !mine[w.at.Name] && exists(ctx, c, "Service", w.at) && !exists(ctx, c, "Deployment", w.at) {
			return nil
		}
		return w.do()
	})
}

// edgeTrigger leaves the children alone once a status has been written for the
// current generation.
func edgeTrigger(c client.WithWatch) client.WithWatch {
	done := map[string]bool{}
	c = interceptChildren(c, func(_ context.Context, _ client.WithWatch, w childWrite) error {
		if done[w.at.Name] {
			return nil
		}
		return w.do()
	})
	return interceptor.NewClient(c, interceptor.Funcs{
		Get: func(ctx context.Context, c client.WithWatch, k client.ObjectKey, o client.Object, opts ...client.GetOption) error {
			err := c.Get(ctx, k, o, opts...)
			if err == nil && world.IsResource(o) {
				done[k.Name] = oracle.ObservedGeneration(o) == o.GetGeneration()
			}
			return err
		},
	})
}

// StatusWithoutLock writes a status whatever it was computed from.
func StatusWithoutLock(c client.WithWatch) client.WithWatch {
	return interceptor.NewClient(c, interceptor.Funcs{
		SubResourcePatch: func(ctx context.Context, c client.Client, sub string, o client.Object, p client.Patch, opts ...client.SubResourcePatchOption) error {
			data, err := p.Data(o)
			var fields map[string]any
			if err == nil {
				err = json.Unmarshal(data, &fields)
			}
			if err == nil {
				delete(fields, "metadata")
				data, err = json.Marshal(fields)
			}
			if err != nil {
				return err
			}
			return c.SubResource(sub).Patch(ctx, o, client.RawPatch(p.Type(), data), opts...)
		},
	})
}

// statusBeforeChildren keeps the children back until the status is written.
func statusBeforeChildren(c client.WithWatch) client.WithWatch {
	var later []func() error
	c = interceptChildren(c, func(_ context.Context, _ client.WithWatch, w childWrite) error {
		later = append(later, w.do)
		return nil
	})
	return interceptor.NewClient(c, interceptor.Funcs{
		SubResourcePatch: func(ctx context.Context, c client.Client, sub string, o client.Object, p client.Patch, opts ...client.SubResourcePatchOption) error {
			if err := c.SubResource(sub).Patch(ctx, o, p, opts...); err != nil {
				return err
			}
			kept := later
			later = nil
			for _, apply := range kept {
				if err := apply(); err != nil {
					return err
				}
			}
			return nil
		},
	})
}

// notFoundIgnored takes a server that is not there for one that says nothing.
func notFoundIgnored(c client.WithWatch) client.WithWatch {
	var last client.Object // the resource that was read last
	return interceptor.NewClient(c, interceptor.Funcs{
		Get: func(ctx context.Context, c client.WithWatch, k client.ObjectKey, o client.Object, opts ...client.GetOption) error {
			err := c.Get(ctx, k, o, opts...)
			_, forClient := last.(*v1alpha1.TcpClient)
			if world.IsResource(o) {
				last = o
			}
			if _, server := o.(*v1alpha1.TcpServer); server && forClient {
				return client.IgnoreNotFound(err)
			}
			return err
		},
	})
}

// rollsBack tidies up after a child that it could not make in time: it was
// made all the same, and goes again.
func rollsBack(c client.WithWatch) client.WithWatch {
	return interceptChildren(c, func(ctx context.Context, c client.WithWatch, w childWrite) error {
		isNew := !exists(ctx, c, w.kind, w.at)
		err := w.do()
		if !isNew || !apierrors.IsTimeout(err) {
			return err
		}
		half := empty[w.kind].DeepCopyObject().(client.Object)
		if c.Get(ctx, w.at, half) == nil {
			uid := half.GetUID()
			_ = c.Delete(ctx, half, client.Preconditions{UID: &uid}) // what it could not make matters more
		}
		return err
	})
}

// makesOnce keeps account of the children that it has made, and so makes none
// again that somebody has deleted.
func makesOnce(c client.WithWatch) client.WithWatch {
	made := map[key]bool{}
	return interceptChildren(c, func(ctx context.Context, c client.WithWatch, w childWrite) error {
		k := key{w.kind, w.at.Name}
		isNew := !exists(ctx, c, w.kind, w.at)
		if isNew && made[k] {
			return nil
		}
		err := w.do()
		if isNew && err == nil {
			made[k] = true
		}
		return err
	})
}

// sameGeneration overlooks that another status was written.
func sameGeneration(before, after client.Object) bool {
	return before != nil && after != nil && before.GetGeneration() == after.GetGeneration()
}

// childWrite is the creation or the apply of a child.
type childWrite struct {
	kind string
	at   client.ObjectKey
	do   func() error
}

// interceptChildren lets write do in place of the operator what it does to
// children.
func interceptChildren(c client.WithWatch, write func(context.Context, client.WithWatch, childWrite) error) client.WithWatch {
	return interceptor.NewClient(c, interceptor.Funcs{
		Create: func(ctx context.Context, c client.WithWatch, o client.Object, opts ...client.CreateOption) error {
			return write(ctx, c, childWrite{world.Kind(o), client.ObjectKeyFromObject(o), func() error { return c.Create(ctx, o, opts...) }})
		},
		Apply: func(ctx context.Context, c client.WithWatch, o runtime.ApplyConfiguration, opts ...client.ApplyOption) error {
			at := client.ObjectKey{Namespace: *o.(interface{ GetNamespace() *string }).GetNamespace(), Name: applied(o).name}
			return write(ctx, c, childWrite{applied(o).kind, at, func() error { return c.Apply(ctx, o, opts...) }})
		},
	})
}

// exists tells whether the operator's cache shows a child.
func exists(ctx context.Context, c client.Client, kind string, at client.ObjectKey) bool {
	return c.Get(ctx, at, empty[kind].DeepCopyObject().(client.Object)) == nil
}
