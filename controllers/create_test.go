package controllers

import (
	"context"
	"errors"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"tcp-operator.io/api/v1alpha1"
	"tcp-operator.io/controllers/desired"
	"tcp-operator.io/controllers/fault"
)

// TestWhatWasCreatedIsTakenBackWhole holds that a child that was created owes
// nothing to its creation: what is no longer wanted goes, although it was never
// applied, and one owner of fields is left.
func TestWhatWasCreatedIsTakenBackWhole(t *testing.T) {
	w := newWorld(t)
	cr := &v1alpha1.TcpServer{ObjectMeta: metav1.ObjectMeta{Name: "greeter"}}
	cr.Spec.Service.Annotations = map[string]v1alpha1.AnnotationValue{"example.com/pool": "blue"}
	cr.Spec.Pod.NodeSelector = map[string]v1alpha1.LabelValue{"disk": "fast"}
	w.create(cr)
	w.reconcileServer("greeter")
	w.change("greeter", cr, func() { cr.Spec.Service.Annotations, cr.Spec.Pod.NodeSelector = nil, nil })
	w.reconcileServer("greeter")
	var s corev1.Service
	var d appsv1.Deployment
	w.get("greeter", &s)
	w.get("greeter", &d)
	if _, stays := s.Annotations["example.com/pool"]; stays {
		t.Error("an annotation that is no longer wanted stays")
	}
	if len(d.Spec.Template.Spec.NodeSelector) > 0 {
		t.Errorf("a node selector that is no longer wanted stays: %v", d.Spec.Template.Spec.NodeSelector)
	}
	for _, child := range []client.Object{&s, &d} {
		wantOneOwner(t, child)
	}
}

func wantOneOwner(t *testing.T, child client.Object) {
	t.Helper()
	var operations []metav1.ManagedFieldsOperationType
	for _, entry := range child.GetManagedFields() {
		if entry.Manager == FieldOwner && entry.Subresource == "" {
			operations = append(operations, entry.Operation)
		}
	}
	if len(operations) != 1 || operations[0] != metav1.ManagedFieldsOperationApply {
		t.Errorf("%s: the operator owns fields by %v, want by one Apply", kindOf(child), operations)
	}
}

// blindReader is a client whose cache shows no child, such as one that has lost
// its label.
type blindReader struct{ client.Client }

func (blindReader) Get(_ context.Context, key client.ObjectKey, _ client.Object, _ ...client.GetOption) error {
	return apierrors.NewNotFound(schema.GroupResource{}, key.Name)
}

// TestAChildThatTheCacheDoesNotShowIsMended holds that the operator finds its
// own child when it cannot be created, and gives it its label back.
func TestAChildThatTheCacheDoesNotShowIsMended(t *testing.T) {
	w := newWorld(t)
	cr := w.readyServer("greeter")
	var s corev1.Service
	w.change("greeter", &s, func() { delete(s.Labels, desired.ManagedByLabel) })
	wanted, err := desired.Server(cr, w.servers.Defaults)
	if err != nil {
		t.Fatal(err)
	}
	uid := s.UID
	f := newChildren(blindReader{w.servers.Client}, w.servers.Client).of(cr)
	if err := f.apply(t.Context(), wanted.Service, &corev1.Service{}); err != nil {
		t.Fatal(err)
	}
	w.get("greeter", &s)
	if s.Labels[desired.ManagedByLabel] != desired.ManagedBy || s.UID != uid {
		t.Errorf("the child is %s with labels %v, want %s with its label", s.UID, s.Labels, uid)
	}
	if f.made {
		t.Error("a child that was there is said to have been made")
	}
}

// TestAForeignObjectThatTheCacheDoesNotShowIsNotTouched holds it for one that
// has none of the operator's labels, and nothing that could conflict.
func TestAForeignObjectThatTheCacheDoesNotShowIsNotTouched(t *testing.T) {
	w := newWorld(t)
	foreign := &corev1.Service{ObjectMeta: metav1.ObjectMeta{Name: "greeter"},
		Spec: corev1.ServiceSpec{Ports: []corev1.ServicePort{{Name: "other", Port: 1}}}}
	w.create(foreign)
	cr := &v1alpha1.TcpServer{ObjectMeta: metav1.ObjectMeta{Name: "greeter"}}
	w.create(cr)
	wanted, err := desired.Server(cr, w.servers.Defaults)
	if err != nil {
		t.Fatal(err)
	}
	err = newChildren(blindReader{w.servers.Client}, w.servers.Client).of(cr).apply(t.Context(), wanted.Service, &corev1.Service{})
	if invalid, ok := errors.AsType[*fault.Invalid](err); !ok || invalid.Reason != v1alpha1.ReasonNameConflict {
		t.Errorf("the error is %v, want a NameConflict", err)
	}
	var s corev1.Service
	w.get("greeter", &s)
	if s.ResourceVersion != foreign.ResourceVersion {
		t.Error("a foreign object was changed")
	}
}

// TestALostChildIsReportedAtOnce holds that only a resource of which nothing was
// reported yet leaves the report to the next run.
func TestALostChildIsReportedAtOnce(t *testing.T) {
	w := newWorld(t)
	cr := w.readyServer("greeter")
	for _, child := range []client.Object{&appsv1.Deployment{}, &corev1.Service{}} {
		w.get("greeter", child)
		if err := w.client.Delete(t.Context(), child); err != nil {
			t.Fatal(err)
		}
	}
	w.get("greeter", cr)
	if _, err := w.servers.Reconcile(t.Context(), cr); err != nil {
		t.Fatal(err)
	}
	w.get("greeter", cr)
	wantCondition(t, cr.Status.Conditions, v1alpha1.ConditionReconciling, "True", v1alpha1.ReasonRolloutPending)
}

// TestAStartedClientIsKnownByItsPods holds that a client whose status was lost,
// as by a restore, does not say that its pods are still to come.
func TestAStartedClientIsKnownByItsPods(t *testing.T) {
	w := newWorld(t)
	w.readyServer("greeter")
	w.create(clientOf("caller", "greeter"))
	cr := w.reconcileClient("caller")
	before := cr.DeepCopy()
	cr.Status = v1alpha1.TcpClientStatus{ObservedGeneration: -1}
	if err := w.client.Status().Patch(t.Context(), cr, client.MergeFrom(before)); err != nil {
		t.Fatal(err)
	}
	w.rollOut("greeter", 0)
	w.reconcileServer("greeter")
	cr = w.reconcileClient("caller")
	wantCondition(t, cr.Status.Conditions, v1alpha1.ConditionResolvedRefs, "True", v1alpha1.ReasonResolved)
	if cr.Status.Target == "" {
		t.Error("the target is not reported")
	}
}

// restlessClient is a client before whose first patch somebody else writes.
type restlessClient struct {
	client.Client
	write func()
}

func (c *restlessClient) Patch(ctx context.Context, o client.Object, p client.Patch, options ...client.PatchOption) error {
	if write := c.write; write != nil {
		c.write = nil
		write()
	}
	return c.Client.Patch(ctx, o, p, options...)
}

// TestTakingOverOutlastsAnotherWriter holds that a Deployment's controller,
// which writes its status all the time, does not keep the operator from the
// first change of what it has created.
func TestTakingOverOutlastsAnotherWriter(t *testing.T) {
	w := newWorld(t)
	cr := &v1alpha1.TcpServer{ObjectMeta: metav1.ObjectMeta{Name: "greeter"}}
	w.create(cr)
	w.reconcileServer("greeter")
	restless := &restlessClient{Client: w.servers.Client, write: func() { w.rollOut("greeter", 0) }}
	w.servers.children = newChildren(restless, w.servers.Live)
	w.change("greeter", cr, func() { cr.Spec.Replicas = new(int32(3)) })
	w.reconcileServer("greeter")
	var d appsv1.Deployment
	w.get("greeter", &d)
	if restless.write != nil || *d.Spec.Replicas != 3 {
		t.Errorf("%d replicas, want 3; nobody else wrote: %v", *d.Spec.Replicas, restless.write != nil)
	}
	wantOneOwner(t, &d)
}
