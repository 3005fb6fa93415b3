package controllers

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/tools/events"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"tcp-operator.io/api/v1alpha1"
	"tcp-operator.io/controllers/desired"
	"tcp-operator.io/controllers/status"
)

// world is a namespace of the API server with both reconcilers, which run when
// the test says so. There is no other controller in it: the test plays them.
type world struct {
	t         *testing.T
	client    client.Client // the test's own
	namespace string
	now       time.Time
	pods      said
	events    *events.FakeRecorder
	servers   *TcpServerReconciler
	clients   *TcpClientReconciler
	writes    int // of the reconcilers
}

// said is what pods said, by kind and name.
type said map[string]status.PodsSeen

func (s said) Seen(kind string, key client.ObjectKey) status.PodsSeen { return s[kind+"/"+key.Name] }

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{
		t:         t,
		client:    server.Client,
		namespace: server.Namespace(t),
		now:       time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
		pods:      said{},
		events:    events.NewFakeRecorder(100),
	}
	counting := w.counting(t)
	dependencies := Dependencies{
		Client:   counting,
		Live:     counting,
		Recorder: w.events,
		Defaults: desired.Defaults{WorkloadImage: "workload:test", OperatorNamespace: "operators"},
		Pods:     w.pods,
		Now:      func() time.Time { return w.now },
	}
	w.servers, w.clients = NewTcpServerReconciler(dependencies), NewTcpClientReconciler(dependencies)
	return w
}

// counting is a client that counts writes.
func (w *world) counting(t *testing.T) client.Client {
	t.Helper()
	watching, err := client.NewWithWatch(server.Config, client.Options{Scheme: server.Scheme})
	if err != nil {
		t.Fatal(err)
	}
	return interceptor.NewClient(watching, interceptor.Funcs{
		Create: func(ctx context.Context, c client.WithWatch, o client.Object, options ...client.CreateOption) error {
			w.writes++
			return c.Create(ctx, o, options...)
		},
		Delete: func(ctx context.Context, c client.WithWatch, o client.Object, options ...client.DeleteOption) error {
			w.writes++
			return c.Delete(ctx, o, options...)
		},
		Patch: func(ctx context.Context, c client.WithWatch, o client.Object, p client.Patch, options ...client.PatchOption) error {
			w.writes++
			return c.Patch(ctx, o, p, options...)
		},
		Apply: func(ctx context.Context, c client.WithWatch, o runtime.ApplyConfiguration, options ...client.ApplyOption) error {
			w.writes++
			return c.Apply(ctx, o, options...)
		},
		SubResourcePatch: func(ctx context.Context, c client.Client, sub string, o client.Object, p client.Patch, options ...client.SubResourcePatchOption) error {
			w.writes++
			return c.SubResource(sub).Patch(ctx, o, p, options...)
		},
	})
}

func (w *world) create(o client.Object) {
	w.t.Helper()
	o.SetNamespace(w.namespace)
	if err := w.client.Create(w.t.Context(), o); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) get(name string, into client.Object) {
	w.t.Helper()
	if err := w.client.Get(w.t.Context(), client.ObjectKey{Namespace: w.namespace, Name: name}, into); err != nil {
		w.t.Fatal(err)
	}
}

// exists tells whether there is an object of the name and into's kind.
func (w *world) exists(name string, into client.Object) bool {
	w.t.Helper()
	err := w.client.Get(w.t.Context(), client.ObjectKey{Namespace: w.namespace, Name: name}, into)
	if client.IgnoreNotFound(err) != nil {
		w.t.Fatal(err)
	}
	return err == nil
}

// change edits an object as its user would.
func (w *world) change(name string, o client.Object, edit func()) {
	w.t.Helper()
	w.get(name, o)
	before := o.DeepCopyObject().(client.Object)
	edit()
	if err := w.client.Patch(w.t.Context(), o, client.MergeFrom(before)); err != nil {
		w.t.Fatal(err)
	}
}

// tryServer reconciles once, and once more for the events of children that
// were made. It returns what Reconcile returned.
func (w *world) tryServer(name string) (reconcile.Result, error) {
	w.t.Helper()
	return settled(func() (reconcile.Result, error) {
		var cr v1alpha1.TcpServer
		w.get(name, &cr)
		return w.servers.Reconcile(w.t.Context(), &cr)
	})
}

func (w *world) tryClient(name string) (reconcile.Result, error) {
	w.t.Helper()
	return settled(func() (reconcile.Result, error) {
		var cr v1alpha1.TcpClient
		w.get(name, &cr)
		return w.clients.Reconcile(w.t.Context(), &cr)
	})
}

// settled reconciles again where the first run made children.
func settled(reconcileOnce func() (reconcile.Result, error)) (reconcile.Result, error) {
	result, err := reconcileOnce()
	if err == nil && result == awaitChildren {
		return reconcileOnce()
	}
	return result, err
}

// reconcileServer reconciles without an error and returns the server as it is
// then.
func (w *world) reconcileServer(name string) *v1alpha1.TcpServer {
	w.t.Helper()
	if _, err := w.tryServer(name); err != nil {
		w.t.Fatal(err)
	}
	var cr v1alpha1.TcpServer
	w.get(name, &cr)
	checkSummary(w.t, cr.Status.Conditions, cr.Status.ObservedGeneration, cr.Generation)
	return &cr
}

func (w *world) reconcileClient(name string) *v1alpha1.TcpClient {
	w.t.Helper()
	if _, err := w.tryClient(name); err != nil {
		w.t.Fatal(err)
	}
	var cr v1alpha1.TcpClient
	w.get(name, &cr)
	checkSummary(w.t, cr.Status.Conditions, cr.Status.ObservedGeneration, cr.Generation)
	return &cr
}

// rollOut plays the Deployment controller and the kubelet: ready pods run the
// current template.
func (w *world) rollOut(name string, ready int32) {
	w.t.Helper()
	var d appsv1.Deployment
	w.get(name, &d)
	before := d.DeepCopy()
	d.Status.ObservedGeneration = d.Generation
	d.Status.Replicas, d.Status.UpdatedReplicas = *d.Spec.Replicas, *d.Spec.Replicas
	d.Status.ReadyReplicas, d.Status.AvailableReplicas = ready, ready
	if err := w.client.Status().Patch(w.t.Context(), &d, client.MergeFrom(before)); err != nil {
		w.t.Fatal(err)
	}
}

// readyServer is a server whose only pod listens.
func (w *world) readyServer(name string) *v1alpha1.TcpServer {
	w.t.Helper()
	w.create(&v1alpha1.TcpServer{ObjectMeta: metav1.ObjectMeta{Name: name}})
	return w.readyServerAfterCreate(name)
}

// readyServerAfterCreate brings a server that was created to Ready.
func (w *world) readyServerAfterCreate(name string) *v1alpha1.TcpServer {
	w.t.Helper()
	w.reconcileServer(name)
	w.rollOut(name, 1)
	cr := w.reconcileServer(name)
	wantCondition(w.t, cr.Status.Conditions, v1alpha1.ConditionReady, "True", v1alpha1.ReasonReplicasReady)
	return cr
}

// announced are the events so far.
func (w *world) announced() []string {
	var all []string
	for {
		select {
		case e := <-w.events.Events:
			all = append(all, e)
		default:
			return all
		}
	}
}

func clientOf(name, server string) *v1alpha1.TcpClient {
	return &v1alpha1.TcpClient{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec:       v1alpha1.TcpClientSpec{ServerRef: &v1alpha1.ServerReference{Name: server}},
	}
}

func wantCondition(t *testing.T, conditions []metav1.Condition, conditionType, want, reason string) {
	t.Helper()
	c := meta.FindStatusCondition(conditions, conditionType)
	if c == nil {
		t.Fatalf("there is no condition %s", conditionType)
	}
	if string(c.Status) != want || c.Reason != reason {
		t.Errorf("%s is %s (%s: %s), want %s (%s)", conditionType, c.Status, c.Reason, c.Message, want, reason)
	}
}

// checkSummary holds what kstatus reads: exactly one of Ready, Reconciling
// and Stalled is True, and all describe the current generation.
func checkSummary(t *testing.T, conditions []metav1.Condition, observed, generation int64) {
	t.Helper()
	isTrue := 0
	for _, name := range []string{v1alpha1.ConditionReady, v1alpha1.ConditionReconciling, v1alpha1.ConditionStalled} {
		if meta.IsStatusConditionTrue(conditions, name) {
			isTrue++
		}
	}
	if isTrue != 1 {
		t.Errorf("%d of Ready, Reconciling and Stalled are True, want 1: %v", isTrue, conditions)
	}
	for _, c := range conditions {
		if c.ObservedGeneration != generation || observed != generation {
			t.Errorf("status is of generation %d and %s of %d, want %d", observed, c.Type, c.ObservedGeneration, generation)
		}
	}
}

// settingsOf is what a Deployment tells the workload.
func settingsOf(t *testing.T, d *appsv1.Deployment) string {
	t.Helper()
	for _, e := range d.Spec.Template.Spec.Containers[0].Env {
		if e.Name == "TCP_WORKLOAD_SETTINGS" {
			return e.Value
		}
	}
	t.Fatal("the pod template has no settings")
	return ""
}

func resourceVersions(objects ...client.Object) string {
	var all strings.Builder
	for _, o := range objects {
		fmt.Fprintf(&all, "%s/%s ", o.GetName(), o.GetResourceVersion())
	}
	return all.String()
}
