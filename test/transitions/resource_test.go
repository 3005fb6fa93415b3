package transitions

import (
	"context"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/tools/events"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"tcp-operator.io/api/v1alpha1"
	"tcp-operator.io/controllers"
	"tcp-operator.io/controllers/desired"
	"tcp-operator.io/controllers/status"
	"tcp-operator.io/test/fields"
)

// name is that of every resource that is tried; each has a namespace of its
// own.
const name = "it"

// resource is a TcpServer or a TcpClient that may exist or not, with its
// reconciler, which runs when the test says so.
type resource struct {
	t         *testing.T // of the subtest that uses it
	kind      fields.Kind
	namespace string
	now       time.Time
	pods      status.PodsSeen // what its pods say
	reconcile func(context.Context, *unstructured.Unstructured) (reconcile.Result, error)
}

// Seen implements observed.Pods.
func (r *resource) Seen(string, client.ObjectKey) status.PodsSeen { return r.pods }

func newResource(t *testing.T, kind fields.Kind) *resource {
	t.Helper()
	r := &resource{t: t, kind: kind, namespace: server.Namespace(t), now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
	dependencies := controllers.Dependencies{
		Client:   server.Client,
		Live:     server.Client,
		Recorder: &events.FakeRecorder{},
		Defaults: desired.Defaults{WorkloadImage: "workload:test", OperatorNamespace: "operators"},
		Pods:     r,
		Now:      func() time.Time { return r.now },
	}
	if kind.Name == v1alpha1.ServerKind.Kind {
		r.reconcile = typed(controllers.NewTcpServerReconciler(dependencies).Reconcile)
	} else {
		r.reconcile = typed(controllers.NewTcpClientReconciler(dependencies).Reconcile)
	}
	return r
}

// typed makes a reconciler of one kind take any object.
func typed[T any](reconciler func(context.Context, *T) (reconcile.Result, error)) func(context.Context, *unstructured.Unstructured) (reconcile.Result, error) {
	return func(ctx context.Context, o *unstructured.Unstructured) (reconcile.Result, error) {
		into := new(T)
		if err := server.Scheme.Convert(o, into, nil); err != nil {
			return reconcile.Result{}, err
		}
		return reconciler(ctx, into)
	}
}

// use lets the subtest t use the resource, and takes it away afterwards.
func (r *resource) use(t *testing.T) {
	before := r.t
	r.t = t
	t.Cleanup(func() {
		r.remove(context.WithoutCancel(t.Context()))
		r.t = before
	})
}

func (r *resource) empty() *unstructured.Unstructured {
	o := &unstructured.Unstructured{Object: map[string]any{}}
	o.SetGroupVersionKind(v1alpha1.GroupVersion.WithKind(r.kind.Name))
	o.SetNamespace(r.namespace)
	o.SetName(name)
	return o
}

// try writes the spec as `kubectl replace` or `create` does; the error is the
// API server's.
func (r *resource) try(spec map[string]any) error {
	r.t.Helper()
	o := r.empty()
	err := server.Client.Get(r.t.Context(), client.ObjectKeyFromObject(o), o)
	if client.IgnoreNotFound(err) != nil {
		r.t.Fatal(err)
	}
	o.Object["spec"] = fields.Put(r.t, spec, nil)
	if err != nil {
		return server.Client.Create(r.t.Context(), o, client.FieldValidation(metav1.FieldValidationStrict))
	}
	return server.Client.Update(r.t.Context(), o, client.FieldValidation(metav1.FieldValidationStrict))
}

func (r *resource) write(spec map[string]any) {
	r.t.Helper()
	if err := r.try(spec); err != nil {
		r.t.Fatalf("writing %v: %v", spec, err)
	}
}

// look reconciles once, and returns the resource as it is then.
func (r *resource) look() *unstructured.Unstructured {
	r.t.Helper()
	o := r.read()
	if _, err := r.reconcile(r.t.Context(), o); err != nil {
		r.t.Fatal(err)
	}
	return r.read()
}

func (r *resource) read() *unstructured.Unstructured {
	r.t.Helper()
	o := r.empty()
	if err := server.Client.Get(r.t.Context(), client.ObjectKeyFromObject(o), o); err != nil {
		r.t.Fatal(err)
	}
	return o
}

// settle lets the operator and the cluster act until both are done, and
// returns the resource as it is then. What is held back for a minute is
// written, too.
func (r *resource) settle(f fortune) *unstructured.Unstructured {
	r.t.Helper()
	r.look()
	r.play(f)
	r.now = r.now.Add(2 * time.Minute)
	return r.look()
}

// conditions of the resource, by type.
func conditionsOf(t *testing.T, o *unstructured.Unstructured) []metav1.Condition {
	t.Helper()
	var content struct {
		Status struct{ Conditions []metav1.Condition }
	}
	convert(t, o.Object, &content)
	return content.Status.Conditions
}

// wantCondition holds the status and the reason of a condition.
func (r *resource) wantCondition(o *unstructured.Unstructured, conditionType string, want metav1.ConditionStatus, reason string) {
	r.t.Helper()
	c := meta.FindStatusCondition(conditionsOf(r.t, o), conditionType)
	if c == nil || c.Status != want || c.Reason != reason {
		r.t.Fatalf("%s is %+v, want %s (%s)", conditionType, c, want, reason)
	}
}
