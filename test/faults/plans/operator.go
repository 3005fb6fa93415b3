package plans

import (
	"context"
	"errors"
	"time"

	"k8s.io/client-go/tools/events"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"tcp-operator.io/controllers"
	"tcp-operator.io/controllers/desired"
	"tcp-operator.io/controllers/status"
	"tcp-operator.io/test/faults/world"
)

// noPods says that pods never say anything: there are none.
type noPods struct{}

func (noPods) Seen(string, client.ObjectKey) status.PodsSeen { return status.PodsSeen{} }

// start starts an operator that remembers nothing: it looks at every resource
// that its cache shows.
func (r *run) start() {
	r.injector.start()
	r.queue = newQueue(r.queue.now)
	cached, live := intercept(r.plain, r.injector.cached), intercept(r.plain, r.injector.live)
	if r.mutant.Client != nil {
		cached = r.mutant.Client(cached)
	}
	dependencies := controllers.Dependencies{
		Client:   cached,
		Live:     live,
		Recorder: &events.FakeRecorder{}, // throws all away
		Defaults: desired.Defaults{WorkloadImage: r.image, OperatorNamespace: "operators"},
		Pods:     noPods{},
		Now:      func() time.Time { return r.queue.now },
	}
	r.reconcilers = map[string]reconcile.Reconciler{
		"TcpServer": reconcile.AsReconciler(cached, controllers.NewTcpServerReconciler(dependencies)),
		"TcpClient": reconcile.AsReconciler(cached, controllers.NewTcpClientReconciler(dependencies)),
	}
	for _, k := range r.journal.keys {
		if o := r.seen(k); o != nil && world.IsResource(o) {
			r.queue.add(k)
		}
	}
}

// seen is an object as the operator's cache has it.
func (r *run) seen(k key) client.Object {
	if index, stuck := r.injector.stuck[k]; stuck {
		return r.journal.at(k, index)
	}
	return r.journal.latest(k)
}

// changed tells the operator of a change, once its cache shows it.
func (r *run) changed(k key, before, after client.Object) {
	if _, stuck := r.injector.stuck[k]; !stuck {
		r.wake(k, before, after)
	}
}

// wake makes due what the operator's watches would.
func (r *run) wake(k key, before, after client.Object) {
	if !world.IsResource(empty[k.kind]) {
		for _, owner := range controllersOf(before, after) {
			r.queue.add(owner)
		}
		return
	}
	overlooked := r.mutant.Overlooks != nil && r.mutant.Overlooks(before, after)
	if !overlooked && passes(controllers.ResourceChanged(), before, after) {
		r.queue.add(k)
	}
	if k.kind == "TcpServer" && passes(controllers.TargetChanged(), before, after) {
		for _, caller := range callersOf(k.name, r.journal.world()) {
			r.queue.add(caller)
		}
	}
}

// thaw lets the operator's cache catch up, and tells whether it was behind.
func (r *run) thaw() bool {
	behind := r.injector.catchUp()
	for _, k := range r.journal.keys {
		if before, was := behind[k]; was {
			r.wake(k, before, r.journal.latest(k))
		}
	}
	return len(behind) > 0
}

// reconcile does one piece of the operator's work, as its work queue would.
func (r *run) reconcile(ctx context.Context, k key) {
	r.reconciles++
	request := reconcile.Request{NamespacedName: client.ObjectKey{Namespace: r.journal.namespace, Name: k.name}}
	result, err := r.reconcilers[k.kind].Reconcile(ctx, request)
	switch {
	case r.injector.dead:
		r.start()
	case errors.Is(err, reconcile.TerminalError(nil)):
	case err != nil:
		r.lastError = err
		r.queue.retry(k)
	case result.RequeueAfter > 0:
		r.queue.forget(k)
		r.queue.addAfter(k, result.RequeueAfter)
	default:
		r.queue.forget(k)
	}
}
