package plans

import (
	"context"
	"reflect"
	"strings"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"tcp-operator.io/test/faults/world"
)

// call is one request of a client.
type call struct {
	verb   string
	object key
	live   bool // a read that goes past the cache
	byName bool // a deletion of whatever has the name
}

// key names an object of a namespace.
type key struct{ kind, name string }

func keyOf(o client.Object) key { return key{world.Kind(o), o.GetName()} }

func (k key) String() string { return k.kind + "/" + k.name }

// The verbs that do not write.
const (
	verbGet   = "Get"
	verbList  = "List"
	verbWatch = "Watch"
)

// writes tells whether the call could change something.
func (c call) writes() bool {
	return c.verb != verbGet && c.verb != verbList && c.verb != verbWatch && c.verb != verbGet+" status"
}

// String is how a trace shows the call.
func (c call) String() string {
	if c.live {
		return c.verb + " (live) " + c.object.String()
	}
	return c.verb + " " + c.object.String()
}

// around is what happens in place of a call: do makes it. into is what a Get
// reads into, and nil otherwise.
type around func(ctx context.Context, c call, into client.Object, do func() error) error

// intercept returns a client each of whose calls goes through a.
func intercept(inner client.WithWatch, a around) client.WithWatch {
	on := func(ctx context.Context, verb string, o client.Object, do func() error) error {
		return a(ctx, call{verb: verb, object: keyOf(o)}, nil, do)
	}
	funcs := interceptor.Funcs{
		Get: func(ctx context.Context, c client.WithWatch, k client.ObjectKey, o client.Object, opts ...client.GetOption) error {
			read := call{verb: verbGet, object: key{world.Kind(o), k.Name}}
			return a(ctx, read, o, func() error { return c.Get(ctx, k, o, opts...) })
		},
		List: func(ctx context.Context, c client.WithWatch, l client.ObjectList, opts ...client.ListOption) error {
			return a(ctx, call{verb: verbList, object: listed(l)}, nil, func() error { return c.List(ctx, l, opts...) })
		},
		Watch: func(ctx context.Context, c client.WithWatch, l client.ObjectList, opts ...client.ListOption) (watch.Interface, error) {
			var w watch.Interface
			err := a(ctx, call{verb: verbWatch, object: listed(l)}, nil, func() (err error) { w, err = c.Watch(ctx, l, opts...); return err })
			return w, err
		},
		Create: func(ctx context.Context, c client.WithWatch, o client.Object, opts ...client.CreateOption) error {
			return on(ctx, "Create", o, func() error { return c.Create(ctx, o, opts...) })
		},
		Delete: func(ctx context.Context, c client.WithWatch, o client.Object, opts ...client.DeleteOption) error {
			must := (&client.DeleteOptions{}).ApplyOptions(opts).Preconditions
			deletion := call{verb: "Delete", object: keyOf(o), byName: must == nil || must.UID == nil}
			return a(ctx, deletion, nil, func() error { return c.Delete(ctx, o, opts...) })
		},
		DeleteAllOf: func(ctx context.Context, c client.WithWatch, o client.Object, opts ...client.DeleteAllOfOption) error {
			return on(ctx, "DeleteAllOf", o, func() error { return c.DeleteAllOf(ctx, o, opts...) })
		},
		Update: func(ctx context.Context, c client.WithWatch, o client.Object, opts ...client.UpdateOption) error {
			return on(ctx, "Update", o, func() error { return c.Update(ctx, o, opts...) })
		},
		Patch: func(ctx context.Context, c client.WithWatch, o client.Object, p client.Patch, opts ...client.PatchOption) error {
			return on(ctx, "Patch", o, func() error { return c.Patch(ctx, o, p, opts...) })
		},
		Apply: func(ctx context.Context, c client.WithWatch, o runtime.ApplyConfiguration, opts ...client.ApplyOption) error {
			return a(ctx, call{verb: "Apply", object: applied(o)}, nil, func() error { return c.Apply(ctx, o, opts...) })
		},
	}
	interceptSubResources(&funcs, a)
	return interceptor.NewClient(inner, funcs)
}

func interceptSubResources(funcs *interceptor.Funcs, a around) {
	on := func(ctx context.Context, verb, sub string, o client.Object, do func() error) error {
		return a(ctx, call{verb: verb + " " + sub, object: keyOf(o)}, nil, do)
	}
	funcs.SubResourceGet = func(ctx context.Context, c client.Client, sub string, o, s client.Object, opts ...client.SubResourceGetOption) error {
		return on(ctx, verbGet, sub, o, func() error { return c.SubResource(sub).Get(ctx, o, s, opts...) })
	}
	funcs.SubResourceCreate = func(ctx context.Context, c client.Client, sub string, o, s client.Object, opts ...client.SubResourceCreateOption) error {
		return on(ctx, "Create", sub, o, func() error { return c.SubResource(sub).Create(ctx, o, s, opts...) })
	}
	funcs.SubResourceUpdate = func(ctx context.Context, c client.Client, sub string, o client.Object, opts ...client.SubResourceUpdateOption) error {
		return on(ctx, "Update", sub, o, func() error { return c.SubResource(sub).Update(ctx, o, opts...) })
	}
	funcs.SubResourcePatch = func(ctx context.Context, c client.Client, sub string, o client.Object, p client.Patch, opts ...client.SubResourcePatchOption) error {
		return on(ctx, "Patch", sub, o, func() error { return c.SubResource(sub).Patch(ctx, o, p, opts...) })
	}
	funcs.SubResourceApply = func(ctx context.Context, c client.Client, sub string, o runtime.ApplyConfiguration, opts ...client.SubResourceApplyOption) error {
		return a(ctx, call{verb: "Apply " + sub, object: applied(o)}, nil, func() error { return c.SubResource(sub).Apply(ctx, o, opts...) })
	}
}

func listed(l client.ObjectList) key {
	return key{kind: strings.TrimSuffix(reflect.TypeOf(l).Elem().Name(), "List")}
}

// applied is what an apply configuration is about.
func applied(o runtime.ApplyConfiguration) key {
	named := o.(interface {
		GetKind() *string
		GetName() *string
	})
	return key{*named.GetKind(), *named.GetName()}
}
