package controllers

import (
	"context"
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	"sigs.k8s.io/controller-runtime/pkg/source"

	"tcp-operator.io/api/v1alpha1"
	"tcp-operator.io/controllers/desired"
	"tcp-operator.io/controllers/fault"
	"tcp-operator.io/controllers/observed"
	"tcp-operator.io/controllers/status"
	"tcp-operator.io/workload/spec"
)

// +kubebuilder:rbac:groups=tcp-operator.io,resources=tcpclients,verbs=get;list;watch
// +kubebuilder:rbac:groups=tcp-operator.io,resources=tcpclients/status,verbs=patch
// +kubebuilder:rbac:groups=tcp-operator.io,resources=tcpclients/finalizers,verbs=update

// TcpClientReconciler keeps TcpClients.
type TcpClientReconciler struct {
	Dependencies
	children *children
}

// NewTcpClientReconciler returns a reconciler that remembers nothing yet.
func NewTcpClientReconciler(d Dependencies) *TcpClientReconciler {
	return &TcpClientReconciler{Dependencies: d, children: newChildren(d.Client, d.Live)}
}

// Reconcile makes the cluster match cr and reports what it saw. It is
// level-triggered: every run restates all children and recomputes the whole
// status. Children of a deleted resource go with it through their owner
// reference.
func (r *TcpClientReconciler) Reconcile(ctx context.Context, cr *v1alpha1.TcpClient) (reconcile.Result, error) {
	if !cr.DeletionTimestamp.IsZero() {
		return reconcile.Result{}, nil
	}
	target, err := r.target(ctx, cr)
	var generation int64
	family := r.children.of(cr)
	if target != (spec.Address{}) {
		var applyErr error
		generation, applyErr = r.apply(ctx, cr, family, target)
		err = fault.Worst(applyErr, err)
	}
	if err == nil && family.isNew() && len(cr.Status.Conditions) == 0 {
		return awaitChildren, nil
	}
	seen, seeErr := observed.Client(ctx, r.Client, cr, generation, r.Pods)
	err = fault.Worst(err, seeErr)
	next, recheck := status.Client(cr, target, seen, err, r.Now())
	return finish(ctx, r.Client, r.Recorder, cr, outcome[v1alpha1.TcpClientStatus]{
		before: cr.Status, after: next,
		write:    func(s v1alpha1.TcpClientStatus) { cr.Status = s },
		announce: status.ClientEvents,
		recheck:  recheck,
		err:      err,
	})
}

// target reads the server that serverRef names, if it names one.
func (r *TcpClientReconciler) target(ctx context.Context, cr *v1alpha1.TcpClient) (spec.Address, error) {
	if cr.Spec.ServerRef == nil {
		return desired.Target(cr, nil, false)
	}
	var server v1alpha1.TcpServer
	err := r.Client.Get(ctx, client.ObjectKey{Namespace: cr.Namespace, Name: cr.Spec.ServerRef.Name}, &server)
	if client.IgnoreNotFound(err) != nil {
		return spec.Address{}, fmt.Errorf("reading TcpServer %s: %w", cr.Spec.ServerRef.Name, err)
	}
	if err != nil {
		return desired.Target(cr, nil, false)
	}
	started, err := r.started(ctx, cr)
	if err != nil {
		return spec.Address{}, err
	}
	return desired.Target(cr, &server, started)
}

// started tells whether cr's pods have been asked for. A status says so too,
// but only once it was written, and not after a restore that left it out.
func (r *TcpClientReconciler) started(ctx context.Context, cr *v1alpha1.TcpClient) (bool, error) {
	if cr.Status.Target != "" {
		return true, nil
	}
	var deployment appsv1.Deployment
	exists, err := r.children.of(cr).read(ctx, r.Client, &deployment)
	return exists && metav1.IsControlledBy(&deployment, cr), err
}

// apply writes the children and returns the Deployment's generation.
func (r *TcpClientReconciler) apply(ctx context.Context, cr *v1alpha1.TcpClient, family *family, target spec.Address) (int64, error) {
	wanted, err := desired.Client(cr, target, r.Defaults)
	if err != nil {
		return 0, err
	}
	if err := family.applyOptional(ctx, wanted.NetworkPolicy, wanted.DisruptionBudget); err != nil {
		return 0, err
	}
	var deployment appsv1.Deployment
	err = family.apply(ctx, wanted.Deployment, &deployment)
	return deployment.Generation, err
}

// serverRefIndex finds the clients of a server.
const serverRefIndex = "spec.serverRef.name"

// SetupWithManager registers the reconciler. changed brings the resources
// whose pods said something new.
func (r *TcpClientReconciler) SetupWithManager(ctx context.Context, mgr manager.Manager, changed source.Source, options controller.Options) error {
	if err := mgr.GetFieldIndexer().IndexField(ctx, &v1alpha1.TcpClient{}, serverRefIndex, serverRefOf); err != nil {
		return fmt.Errorf("indexing TcpClients by server: %w", err)
	}
	children := wakeOwner(mgr, &v1alpha1.TcpClient{})
	return builder.ControllerManagedBy(mgr).
		For(&v1alpha1.TcpClient{}, builder.WithPredicates(ResourceChanged())).
		Watches(&appsv1.Deployment{}, children).
		Watches(&networkingv1.NetworkPolicy{}, children).
		Watches(&policyv1.PodDisruptionBudget{}, children).
		Watches(&v1alpha1.TcpServer{}, handler.EnqueueRequestsFromMapFunc(r.clientsOf), builder.WithPredicates(TargetChanged())).
		WatchesRawSource(changed).
		WithOptions(options).
		Complete(reconcile.AsReconciler(r.Client, r))
}

func serverRefOf(o client.Object) []string {
	if ref := o.(*v1alpha1.TcpClient).Spec.ServerRef; ref != nil {
		return []string{ref.Name}
	}
	return nil
}

// clientsOf returns the clients that refer to a server.
func (r *TcpClientReconciler) clientsOf(ctx context.Context, server client.Object) []reconcile.Request {
	var list v1alpha1.TcpClientList
	err := r.Client.List(ctx, &list, client.InNamespace(server.GetNamespace()),
		client.MatchingFields{serverRefIndex: server.GetName()})
	if err != nil {
		return nil // the cache answers, or the manager is stopping
	}
	requests := make([]reconcile.Request, 0, len(list.Items))
	for i := range list.Items {
		requests = append(requests, reconcile.Request{NamespacedName: client.ObjectKeyFromObject(&list.Items[i])})
	}
	return requests
}
