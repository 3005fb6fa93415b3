package controllers

import (
	"context"
	"errors"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"tcp-operator.io/api/v1alpha1"
	"tcp-operator.io/controllers/desired"
	"tcp-operator.io/controllers/fault"
)

// generations are a server and its children, and what has become of them once
// the server was deleted and created again under the same name.
type generations struct {
	*world
	before v1alpha1.TcpServer
	known  map[string]client.Object // the first generation's children, by kind
	wanted desired.ServerChildren   // for the first generation
}

// childTypes are one of each kind of child.
func childTypes() []client.Object {
	return []client.Object{&appsv1.Deployment{}, &corev1.Service{}, &networkingv1.NetworkPolicy{}, &policyv1.PodDisruptionBudget{}}
}

// newGenerations makes a server with a child of every kind, and its successor.
func newGenerations(t *testing.T) *generations {
	t.Helper()
	g := &generations{world: newWorld(t), known: map[string]client.Object{}}
	server := func() *v1alpha1.TcpServer {
		cr := &v1alpha1.TcpServer{ObjectMeta: metav1.ObjectMeta{Name: "greeter"}}
		cr.Spec.Replicas, cr.Spec.NetworkPolicy.Mode = new(int32(2)), v1alpha1.NetworkPolicyRestrict
		return cr
	}
	g.create(server())
	g.before = *g.reconcileServer("greeter")
	for _, child := range childTypes() {
		g.get("greeter", child)
		g.known[kindOf(child)] = child
	}
	wanted, err := desired.Server(&g.before, g.servers.Defaults)
	if err != nil {
		t.Fatal(err)
	}
	g.wanted = wanted
	for _, gone := range append(childTypes(), &v1alpha1.TcpServer{}) {
		gone.SetNamespace(g.namespace)
		gone.SetName("greeter")
		if err := g.client.Delete(t.Context(), gone); err != nil {
			t.Fatal(err)
		}
	}
	g.create(server())
	g.reconcileServer("greeter")
	// As after a restart: nothing is remembered.
	g.servers.children = newChildren(staleReader{Client: g.servers.Client, stale: g.known}, g.servers.Client)
	return g
}

// staleReader is a client whose cache still holds objects that are gone.
type staleReader struct {
	client.Client
	stale map[string]client.Object // by kind
}

func (s staleReader) Get(_ context.Context, _ client.ObjectKey, into client.Object, _ ...client.GetOption) error {
	return convert(s.stale[kindOf(into)], into)
}

// TestASuccessorIsNotTakenOverOnStaleEvidence applies the children of a
// server that is gone, with what was known when it was there.
func TestASuccessorIsNotTakenOverOnStaleEvidence(t *testing.T) {
	g := newGenerations(t)
	for _, child := range []struct {
		wanted runtime.ApplyConfiguration
		kind   client.Object
	}{
		{g.wanted.Deployment, &appsv1.Deployment{}},
		{g.wanted.Service, &corev1.Service{}},
		{g.wanted.NetworkPolicy, &networkingv1.NetworkPolicy{}},
		{g.wanted.DisruptionBudget, &policyv1.PodDisruptionBudget{}},
	} {
		kind := kindOf(child.kind)
		err := g.servers.children.of(&g.before).apply(t.Context(), child.wanted, child.kind)
		if waiting, ok := errors.AsType[*fault.Waiting](err); !ok || waiting.Recheck == 0 {
			t.Errorf("%s: applying on stale evidence is not tried again: %v", kind, err)
		}
		g.checkSuccessor(kind)
	}
}

// TestASuccessorIsNotRemovedOnStaleEvidence deletes children with what was
// known of their predecessors.
func TestASuccessorIsNotRemovedOnStaleEvidence(t *testing.T) {
	g := newGenerations(t)
	for _, child := range []client.Object{&networkingv1.NetworkPolicy{}, &policyv1.PodDisruptionBudget{}} {
		kind := kindOf(child)
		if err := g.servers.children.of(&g.before).remove(t.Context(), child); err == nil {
			t.Errorf("%s: deleting on stale evidence gave no error, and so is not repeated", kind)
		}
		g.checkSuccessor(kind)
	}
}

// TestAChildThatIsGoneIsNotMadeOnStaleEvidence holds that what a stale cache
// still knows is waited for.
func TestAChildThatIsGoneIsNotMadeOnStaleEvidence(t *testing.T) {
	g := newGenerations(t)
	var d appsv1.Deployment
	g.get("greeter", &d)
	if err := g.client.Delete(t.Context(), &d); err != nil {
		t.Fatal(err)
	}
	err := g.servers.children.of(&g.before).apply(t.Context(), g.wanted.Deployment, &appsv1.Deployment{})
	if _, ok := errors.AsType[*fault.Waiting](err); !ok {
		t.Errorf("the error is %v", err)
	}
	if g.exists("greeter", &d) {
		t.Error("a Deployment was made for a server that is gone")
	}
}

// TestAnOrphanIsLeftAlone applies a child with what a stale cache knows of a
// server that was deleted without its children.
func TestAnOrphanIsLeftAlone(t *testing.T) {
	w := newWorld(t)
	cr := w.readyServer("greeter")
	var known corev1.Service
	w.get("greeter", &known)
	wanted, err := desired.Server(cr, w.servers.Defaults)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.client.Delete(t.Context(), cr.DeepCopy()); err != nil {
		t.Fatal(err)
	}
	var orphan corev1.Service
	w.change("greeter", &orphan, func() { orphan.OwnerReferences = nil })
	stale := staleReader{Client: w.servers.Client, stale: map[string]client.Object{"Service": &known}}
	err = newChildren(stale, w.servers.Client).of(cr).apply(t.Context(), wanted.Service, &corev1.Service{})
	if _, ok := errors.AsType[*fault.Waiting](err); !ok {
		t.Errorf("the error is %v, want one that waits for the cache", err)
	}
	w.get("greeter", &orphan)
	if len(orphan.OwnerReferences) > 0 {
		t.Error("an orphan has its owner again, which is gone: it would be collected")
	}
}

// orphaning is a client on whose server something becomes of a child right before
// the first patch.
type orphaning struct {
	client.Client
	orphan func()
}

func (o *orphaning) Patch(ctx context.Context, into client.Object, patch client.Patch, options ...client.PatchOption) error {
	if o.orphan != nil {
		o.orphan()
		o.orphan = nil
	}
	return o.Client.Patch(ctx, into, patch, options...)
}

// TestAnOrphanIsNotTakenOver orphans a child in the middle of its first change,
// so that what the change rests on is not there any more.
func TestAnOrphanIsNotTakenOver(t *testing.T) {
	w := newWorld(t)
	cr := w.readyServer("greeter")
	cr.Spec.Service.Annotations = map[string]v1alpha1.AnnotationValue{"example.com/pool": "blue"}
	wanted, err := desired.Server(cr, w.servers.Defaults)
	if err != nil {
		t.Fatal(err)
	}
	var orphan corev1.Service
	racing := &orphaning{Client: w.servers.Client, orphan: func() {
		w.change("greeter", &orphan, func() {
			orphan.OwnerReferences = nil
			for i := range orphan.ManagedFields { // so that a test of the patch fails
				if orphan.ManagedFields[i].Manager == FieldOwner {
					orphan.ManagedFields[i].Manager = "somebody"
				}
			}
		})
	}}
	err = newChildren(racing, w.servers.Client).of(cr).apply(t.Context(), wanted.Service, &corev1.Service{})
	if _, ok := errors.AsType[*fault.Waiting](err); !ok {
		t.Errorf("the error is %v, want one that waits for the cache", err)
	}
	w.get("greeter", &orphan)
	if len(orphan.OwnerReferences) > 0 || orphan.Annotations["example.com/pool"] != "" {
		t.Errorf("an orphan was changed: %v", orphan.ObjectMeta)
	}
}

// TestNoChildIsMadeForAResourceThatIsGone holds it where the children are gone
// too, and where the resource is still being deleted.
func TestNoChildIsMadeForAResourceThatIsGone(t *testing.T) {
	for _, stays := range []bool{false, true} {
		w := newWorld(t)
		cr := &v1alpha1.TcpServer{ObjectMeta: metav1.ObjectMeta{Name: "greeter"}}
		if stays {
			cr.Finalizers = []string{"example.com/keep"}
		}
		w.create(cr)
		if err := w.client.Delete(t.Context(), cr.DeepCopy()); err != nil {
			t.Fatal(err)
		}
		result, err := w.servers.Reconcile(t.Context(), cr)
		if err != nil {
			t.Error(err)
		}
		if stays && result.RequeueAfter == 0 {
			t.Error("the resource is not looked at again")
		}
		for _, child := range childTypes() {
			if w.exists("greeter", child) {
				t.Errorf("%s was made for a resource that is gone, or going: %v", kindOf(child), stays)
			}
		}
		if stays {
			var left v1alpha1.TcpServer
			w.change("greeter", &left, func() { left.Finalizers = nil })
		}
	}
}

// TestNoChildGoesOrComesByAPastSpec reconciles with what a stale cache knows of
// a server that asks for something else by now.
func TestNoChildGoesOrComesByAPastSpec(t *testing.T) {
	for _, was := range []v1alpha1.NetworkPolicyMode{v1alpha1.NetworkPolicyNone, v1alpha1.NetworkPolicyRestrict} {
		is := map[bool]v1alpha1.NetworkPolicyMode{true: v1alpha1.NetworkPolicyNone, false: v1alpha1.NetworkPolicyRestrict}[was == v1alpha1.NetworkPolicyRestrict]
		w := newWorld(t)
		cr := &v1alpha1.TcpServer{ObjectMeta: metav1.ObjectMeta{Name: "greeter"}}
		cr.Spec.NetworkPolicy.Mode = was
		w.create(cr)
		w.reconcileServer("greeter")
		before := cr.DeepCopy()
		w.change("greeter", cr, func() { cr.Spec.NetworkPolicy.Mode = is })
		w.reconcileServer("greeter")
		result, err := w.servers.Reconcile(t.Context(), before)
		if err != nil || result.RequeueAfter == 0 {
			t.Errorf("%s, once %s: %v, looked at again in %s", is, was, err, result.RequeueAfter)
		}
		if there := w.exists("greeter", &networkingv1.NetworkPolicy{}); there != (is == v1alpha1.NetworkPolicyRestrict) {
			t.Errorf("%s, once %s: there is a NetworkPolicy: %v", is, was, there)
		}
	}
}

// checkSuccessor holds that a child is the second generation's.
func (g *generations) checkSuccessor(kind string) {
	g.t.Helper()
	for _, child := range childTypes() {
		if kindOf(child) != kind {
			continue
		}
		var cr v1alpha1.TcpServer
		g.get("greeter", &cr)
		if !g.exists("greeter", child) {
			g.t.Errorf("%s of the successor was removed", kind)
		} else if !metav1.IsControlledBy(child, &cr) {
			g.t.Errorf("%s of the successor belongs to %s now", kind, metav1.GetControllerOf(child).UID)
		}
	}
}
