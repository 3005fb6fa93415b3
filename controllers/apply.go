package controllers

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	corev1ac "k8s.io/client-go/applyconfigurations/core/v1"
	networkingv1ac "k8s.io/client-go/applyconfigurations/networking/v1"
	policyv1ac "k8s.io/client-go/applyconfigurations/policy/v1"
	"k8s.io/utils/lru"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"tcp-operator.io/api/v1alpha1"
	"tcp-operator.io/controllers/fault"
)

// FieldOwner is the one owner of the fields that the operator writes in
// children.
const FieldOwner = "tcp-operator"

// recheckRefused is when a child that was refused is tried again: what
// refused it is not watched.
const recheckRefused = 30 * time.Second

// children creates children, changes them by server-side apply, and skips what
// would change nothing. It is safe for concurrent use; each reconcile works on a family.
type children struct {
	client client.Client // reads come from the cache
	live   client.Reader // reads come from the API server

	applied *lru.Cache // applied by the child's UID
}

func newChildren(c client.Client, live client.Reader) *children {
	return &children{client: c, live: live, applied: lru.New(rememberedChildren)}
}

// A family is the children of one resource during one reconcile.
type family struct {
	*children
	owner client.Object

	current bool // the owner is known to be there, to stay, and to ask for this
	found   bool // there was a child already
	made    bool // a child was made
}

// isNew tells whether the first children of a resource have just been made.
func (f *family) isNew() bool { return f.made && !f.found }

func (c *children) of(owner client.Object) *family { return &family{children: c, owner: owner} }

// apply makes the child, which has its owner's name, as wanted. into is an
// empty object of the child's type, which afterwards holds the child as it is
// now. A child that belongs to somebody else is left as it is: the error is a
// *fault.Invalid.
func (f *family) apply(ctx context.Context, wanted runtime.ApplyConfiguration, into client.Object) error {
	hash := hashOf(wanted)
	known, err := f.read(ctx, f.client, into)
	if err != nil {
		return err
	}
	if !known {
		if created, err := f.create(ctx, wanted, hash, into); created || err != nil {
			f.made = f.made || created
			return err
		}
	}
	f.found = true
	if err := checkOwner(f.owner, into); err != nil {
		return err
	}
	if f.same(into, hash) {
		return nil
	}
	return f.change(ctx, wanted, hash, into)
}

// create makes the child that the cache does not know. If there is one of its
// name all the same, into holds that, and nothing was created: the cache is
// behind, or does not show it because it bears no label of ours.
//
// An apply would do both at once, at half as much again of the API server's
// time, and could add to a foreign object that appears meanwhile.
func (f *family) create(ctx context.Context, wanted runtime.ApplyConfiguration, hash uint64, into client.Object) (bool, error) {
	if err := f.checkCurrent(ctx); err != nil {
		return false, err
	}
	note(wanted, hash)
	if err := convert(wanted, into); err != nil {
		return false, err
	}
	err := f.client.Create(ctx, into, client.FieldOwner(FieldOwner))
	if apierrors.IsAlreadyExists(err) {
		empty(into)
		exists, err := f.read(ctx, f.live, into)
		if err == nil && !exists {
			err = f.changed(into)
		}
		return false, err
	}
	if err != nil {
		return false, refused(fmt.Errorf("creating %s %s: %w", kindOf(into), f.owner.GetName(), err))
	}
	f.remember(into, hash)
	return true, nil
}

// change brings the child, which the owner controls, to what is wanted. A
// restart, and what others do to fields of their own, cost one read and no
// write.
func (f *family) change(ctx context.Context, wanted runtime.ApplyConfiguration, hash uint64, into client.Object) error {
	// The cache knows nothing of who owns what.
	live := reflect.New(reflect.TypeOf(into).Elem()).Interface().(client.Object)
	if err := f.readOwn(ctx, into.GetUID(), live); err != nil {
		return err
	}
	if unchanged(live, wanted, hash) {
		f.remember(live, hash)
		return nil
	}
	note(wanted, hash)
	if err := f.write(ctx, wanted, live); err != nil {
		return err
	}
	empty(into)
	if err := convert(wanted, into); err != nil {
		return err
	}
	f.remember(into, hash)
	return nil
}

// write applies what is wanted of a child, which was read from the API server.
func (f *family) write(ctx context.Context, wanted runtime.ApplyConfiguration, live client.Object) error {
	bind(wanted, live.GetUID())
	options := []client.ApplyOption{client.FieldOwner(FieldOwner), client.ForceOwnership}
	err := f.takeOver(ctx, live)
	if err == nil {
		err = f.client.Apply(ctx, wanted, options...)
	}
	if apierrors.IsInvalid(err) && f.repair(ctx, live, wanted) {
		err = f.client.Apply(ctx, wanted, options...)
	}
	if isOther(err) {
		return f.changed(live)
	}
	if err != nil {
		return refused(fmt.Errorf("applying %s %s: %w", kindOf(live), f.owner.GetName(), err))
	}
	return nil
}

// remove deletes the child that should not be. into is an empty object of the
// child's type. What belongs to somebody else stays; the UID keeps a successor
// of the same name from being deleted on stale evidence.
func (f *family) remove(ctx context.Context, into client.Object) error {
	known, err := f.read(ctx, f.client, into)
	if err != nil || !known || !metav1.IsControlledBy(into, f.owner) {
		return err
	}
	if err := f.checkCurrent(ctx); err != nil {
		return err
	}
	uid := into.GetUID()
	err = f.client.Delete(ctx, into, client.Preconditions{UID: &uid})
	if client.IgnoreNotFound(err) != nil {
		return fmt.Errorf("deleting %s %s: %w", kindOf(into), f.owner.GetName(), err)
	}
	return nil
}

// repair undoes drift that an apply cannot; false means that there is none.
func (c *children) repair(ctx context.Context, live client.Object, wanted runtime.ApplyConfiguration) bool {
	service, ok := live.(*corev1.Service)
	if !ok {
		return false
	}
	patch := portRepair(service, wanted.(*corev1ac.ServiceApplyConfiguration))
	if patch == nil {
		return false
	}
	err := c.client.Patch(ctx, service, client.RawPatch(types.JSONPatchType, patch), client.FieldOwner(FieldOwner))
	return err == nil // the apply's own error says what matters
}

// applyOptional makes the optional children as wanted: one that is nil is
// removed.
func (f *family) applyOptional(ctx context.Context,
	policy *networkingv1ac.NetworkPolicyApplyConfiguration, budget *policyv1ac.PodDisruptionBudgetApplyConfiguration,
) error {
	var err error
	if policy == nil {
		err = f.remove(ctx, &networkingv1.NetworkPolicy{})
	} else {
		err = f.apply(ctx, policy, &networkingv1.NetworkPolicy{})
	}
	if err != nil {
		return err
	}
	if budget == nil {
		return f.remove(ctx, &policyv1.PodDisruptionBudget{})
	}
	return f.apply(ctx, budget, &policyv1.PodDisruptionBudget{})
}

// read reads the child, which has its owner's name, into into. False says that
// there is none.
func (f *family) read(ctx context.Context, from client.Reader, into client.Object) (bool, error) {
	err := from.Get(ctx, client.ObjectKeyFromObject(f.owner), into)
	if apierrors.IsNotFound(err) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("reading %s %s: %w", kindOf(into), f.owner.GetName(), err)
	}
	return true, nil
}

// readOwn reads the child of a UID, which the owner controls, past the cache. One
// that was orphaned meanwhile must not get its owner back: where that is gone, the
// child would be collected with it after all.
func (f *family) readOwn(ctx context.Context, uid types.UID, into client.Object) error {
	exists, err := f.read(ctx, f.live, into)
	if err != nil {
		return err
	}
	if !exists || into.GetUID() != uid || !metav1.IsControlledBy(into, f.owner) {
		return f.changed(into)
	}
	return nil
}

// changed is what it comes to that another child has the name by now, or none:
// the cache has yet to see it.
func (f *family) changed(child client.Object) error {
	return &fault.Waiting{
		Reason:  v1alpha1.ReasonRetrying,
		Err:     fmt.Errorf("%s %q has changed meanwhile", kindOf(child), f.owner.GetName()),
		Recheck: staleRecheck,
	}
}

// checkOwner tells whether child is controlled by owner.
func checkOwner(owner, child client.Object) error {
	ref := metav1.GetControllerOf(child)
	if ref != nil && ref.UID == owner.GetUID() {
		return nil
	}
	if ref != nil && ref.Name == owner.GetName() && ref.Kind == kindOf(owner) {
		return &fault.Waiting{
			Reason:  v1alpha1.ReasonRolloutPending,
			Err:     fmt.Errorf("%s %q of the resource's predecessor is still being deleted", kindOf(child), child.GetName()),
			Recheck: 5 * time.Second,
		}
	}
	holder := "nobody"
	if ref != nil {
		holder = ref.Kind + " " + ref.Name
	}
	return &fault.Invalid{
		Reason: v1alpha1.ReasonNameConflict,
		Err: fmt.Errorf("%s %q exists and is controlled by %s: delete it, or give this resource another name",
			kindOf(child), child.GetName(), holder),
		Recheck: recheckRefused,
	}
}

// refused turns an answer that repeating will not change into a
// *fault.Invalid.
func refused(err error) error {
	if apierrors.HasStatusCause(err, corev1.NamespaceTerminatingCause) {
		return &fault.Waiting{Reason: v1alpha1.ReasonRolloutPending, Err: err}
	}
	if apierrors.IsInvalid(err) || apierrors.IsForbidden(err) || apierrors.IsBadRequest(err) {
		return &fault.Invalid{Reason: v1alpha1.ReasonRefused, Err: err, Recheck: recheckRefused}
	}
	return err
}

// convert turns the server's answer, which Apply left in from, into a typed
// object.
func convert(from, into any) error {
	text, err := json.Marshal(from)
	if err != nil {
		return fmt.Errorf("reading the answer to an apply: %w", err)
	}
	if err := json.Unmarshal(text, into); err != nil {
		return fmt.Errorf("reading the answer to an apply: %w", err)
	}
	return nil
}

// empty makes o an empty object of its type.
func empty(o client.Object) { reflect.ValueOf(o).Elem().SetZero() }

func kindOf(o client.Object) string {
	switch o.(type) {
	case *appsv1.Deployment:
		return "Deployment"
	case *corev1.Service:
		return "Service"
	case *networkingv1.NetworkPolicy:
		return "NetworkPolicy"
	case *policyv1.PodDisruptionBudget:
		return "PodDisruptionBudget"
	case *v1alpha1.TcpServer:
		return v1alpha1.ServerKind.Kind
	case *v1alpha1.TcpClient:
		return v1alpha1.ClientKind.Kind
	}
	return fmt.Sprintf("%T", o)
}
