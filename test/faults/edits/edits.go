// Package edits is what users do to TcpServers and TcpClients: the workloads
// that the operator is tested with while something goes wrong.
package edits

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"tcp-operator.io/api/v1alpha1"
)

// Edit is one thing that a user does.
type Edit struct {
	Name string
	// Do makes the edit in a namespace; nil where there is nothing to do there.
	Do func(ctx context.Context, c client.Client, namespace string) error
	// Image is the workload's image that the operator is started anew with;
	// empty leaves the operator alone.
	Image string
}

// Workload is a series of edits, each made once the one before has settled.
type Workload struct {
	Kind string // of the resource that it is about
	Name string
	// Given come first, while nothing goes wrong yet.
	Given []Edit
	Edits []Edit
}

// String names the workload: Kind/Name.
func (w Workload) String() string { return w.Kind + "/" + w.Name }

// All are the workloads of both kinds.
func All() []Workload { return slices.Concat(Servers(), Clients()) }

// The names of what the workloads make.
const (
	Server = "greeter"
	Other  = "other" // a second TcpServer
	Client = "caller"
)

// Image is what the operator runs in pods until an edit changes it.
const Image = "workload:first"

// Together are edits that are made in one go: nobody has the time to react in
// between.
func Together(all ...Edit) Edit {
	names, image := make([]string, 0, len(all)), ""
	for _, e := range all {
		names, image = append(names, e.Name), cmp.Or(e.Image, image)
	}
	e := then(strings.Join(names, ", "), all...)
	e.Image = image
	return e
}

// then does the edits in one go, under a name of their own.
func then(name string, all ...Edit) Edit {
	return Edit{Name: name, Do: func(ctx context.Context, c client.Client, namespace string) error {
		for _, e := range all {
			if e.Do == nil {
				continue
			}
			if err := e.Do(ctx, c, namespace); err != nil {
				return fmt.Errorf("%s: %w", e.Name, err)
			}
		}
		return nil
	}}
}

func changeImage() Edit { return Edit{Name: "change image", Image: "workload:second"} }

func meta(namespace, name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Namespace: namespace, Name: name}
}

// nameFree bounds how long a user waits for the end of what has the name still.
const nameFree = 10 * time.Second

// create makes what is returned by of, once its name is free.
func create(name string, of func(namespace string) client.Object) Edit {
	return Edit{Name: "create " + name, Do: func(ctx context.Context, c client.Client, namespace string) error {
		var err error
		_ = wait.PollUntilContextTimeout(ctx, 20*time.Millisecond, nameFree, true, func(ctx context.Context) (bool, error) {
			err = c.Create(ctx, of(namespace))
			return !apierrors.IsAlreadyExists(err), nil
		}) // err says more
		return err
	}}
}

// remove deletes the object as kubectl does: in the background, so that the
// children are left to the garbage collector. policy asks for another way.
func remove(o client.Object, name string, policy ...client.DeleteOption) Edit {
	return Edit{Name: "delete " + name, Do: func(ctx context.Context, c client.Client, namespace string) error {
		doomed := o.DeepCopyObject().(client.Object)
		doomed.SetNamespace(namespace)
		doomed.SetName(name)
		return c.Delete(ctx, doomed, policy...)
	}}
}

// The other ways to delete: the children first, which holds the resource until
// they are gone; or without the children, who then belong to nobody.
const (
	foreground = client.PropagationPolicy(metav1.DeletePropagationForeground)
	orphan     = client.PropagationPolicy(metav1.DeletePropagationOrphan)
)

// patch changes an object as kubectl edit does: it sends what differs.
func patch(ctx context.Context, c client.Client, o client.Object, change func()) error {
	if err := c.Get(ctx, client.ObjectKeyFromObject(o), o); err != nil {
		return err
	}
	before := o.DeepCopyObject().(client.Object)
	change()
	return c.Patch(ctx, o, client.MergeFrom(before))
}

func changeServer(what string, change func(*v1alpha1.TcpServerSpec)) Edit {
	return Edit{Name: what, Do: func(ctx context.Context, c client.Client, namespace string) error {
		cr := &v1alpha1.TcpServer{ObjectMeta: meta(namespace, Server)}
		return patch(ctx, c, cr, func() { change(&cr.Spec) })
	}}
}

func changeClient(what string, change func(*v1alpha1.TcpClientSpec)) Edit {
	return Edit{Name: what, Do: func(ctx context.Context, c client.Client, namespace string) error {
		cr := &v1alpha1.TcpClient{ObjectMeta: meta(namespace, Client)}
		return patch(ctx, c, cr, func() { change(&cr.Spec) })
	}}
}
