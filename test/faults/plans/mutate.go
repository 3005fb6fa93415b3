package plans

import (
	"context"
	"encoding/json"

	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"tcp-operator.io/api/v1alpha1"
	"tcp-operator.io/test/faults/world"
)

// Mutants are the classic bugs of operators, each planted between the real
// reconcilers and the API server. A harness that does not catch one of them
// proves nothing.
func Mutants() []Mutant {
	return []Mutant{
		{"delete by name", deleteByName},
		{"skip if exists", skipIfExists},
		{"edge trigger", edgeTrigger},
		{"status without lock", statusWithoutLock},
		{"status before children", statusBeforeChildren},
		{"not found ignored", notFoundIgnored},
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
	return interceptor.NewClient(c, interceptor.Funcs{
		Apply: func(ctx context.Context, c client.WithWatch, o runtime.ApplyConfiguration, opts ...client.ApplyOption) error {
			k := applied(o)
			exists := func(kind string) bool {
				at := client.ObjectKey{Namespace: *o.(interface{ GetNamespace() *string }).GetNamespace(), Name: k.name}
				return c.Get(ctx, at, empty[kind].DeepCopyObject().(client.Object)) == nil
			}
			if k.kind == "Service" && !exists("Service") {
				mine[k.name] = true
			}
			if k.kind == "Deployment" && !mine[k.name] && exists("Service") && !exists("Deployment") {
				return nil
			}
			return c.Apply(ctx, o, opts...)
		},
	})
}

// edgeTrigger leaves the children alone once a status has been written for the
// current generation.
func edgeTrigger(c client.WithWatch) client.WithWatch {
	done := map[string]bool{}
	return interceptor.NewClient(c, interceptor.Funcs{
		Get: func(ctx context.Context, c client.WithWatch, k client.ObjectKey, o client.Object, opts ...client.GetOption) error {
			err := c.Get(ctx, k, o, opts...)
			if err == nil && world.IsResource(o) {
				done[k.Name] = observedGeneration(o) == o.GetGeneration()
			}
			return err
		},
		Apply: func(ctx context.Context, c client.WithWatch, o runtime.ApplyConfiguration, opts ...client.ApplyOption) error {
			if done[applied(o).name] {
				return nil
			}
			return c.Apply(ctx, o, opts...)
		},
	})
}

// statusWithoutLock writes a status whatever it was computed from.
func statusWithoutLock(c client.WithWatch) client.WithWatch {
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
	return interceptor.NewClient(c, interceptor.Funcs{
		Apply: func(ctx context.Context, c client.WithWatch, o runtime.ApplyConfiguration, opts ...client.ApplyOption) error {
			later = append(later, func() error { return c.Apply(ctx, o, opts...) })
			return nil
		},
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
