package controllers

import (
	"context"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	"sigs.k8s.io/controller-runtime/pkg/source"

	"tcp-operator.io/api/v1alpha1"
	"tcp-operator.io/controllers/desired"
	"tcp-operator.io/controllers/fault"
	"tcp-operator.io/controllers/observed"
	"tcp-operator.io/controllers/status"
)

// +kubebuilder:rbac:groups=tcp-operator.io,resources=tcpservers,verbs=get;list;watch
// +kubebuilder:rbac:groups=tcp-operator.io,resources=tcpservers/status,verbs=patch
// +kubebuilder:rbac:groups=tcp-operator.io,resources=tcpservers/finalizers,verbs=update
// +kubebuilder:rbac:groups=apps,resources=deployments,verbs=get;list;watch;create;patch
// +kubebuilder:rbac:groups="",resources=services,verbs=get;list;watch;create;patch
// +kubebuilder:rbac:groups=networking.k8s.io,resources=networkpolicies,verbs=get;list;watch;create;patch;delete
// +kubebuilder:rbac:groups=policy,resources=poddisruptionbudgets,verbs=get;list;watch;create;patch;delete
// +kubebuilder:rbac:groups="",resources=pods,verbs=list;watch
// +kubebuilder:rbac:groups=events.k8s.io,resources=events,verbs=create;patch

// TcpServerReconciler keeps TcpServers.
type TcpServerReconciler struct {
	Dependencies
	children *children
}

// NewTcpServerReconciler returns a reconciler that remembers nothing yet.
func NewTcpServerReconciler(d Dependencies) *TcpServerReconciler {
	return &TcpServerReconciler{Dependencies: d, children: newChildren(d.Client, d.Live)}
}

// Reconcile makes the cluster match cr and reports what it saw. It is
// level-triggered: every run restates all children and recomputes the whole
// status. Children of a deleted resource go with it through their owner
// reference.
func (r *TcpServerReconciler) Reconcile(ctx context.Context, cr *v1alpha1.TcpServer) (reconcile.Result, error) {
	if !cr.DeletionTimestamp.IsZero() {
		return reconcile.Result{}, nil
	}
	wanted, err := desired.Server(cr, r.Defaults)
	var generation int64
	family := r.children.of(cr)
	if err == nil {
		generation, err = r.apply(ctx, family, wanted)
	}
	if err == nil && family.isNew() && len(cr.Status.Conditions) == 0 {
		return awaitChildren, nil
	}
	seen, seeErr := observed.Server(ctx, r.Client, cr, generation, r.Pods)
	err = fault.Worst(err, seeErr)
	next, recheck := status.Server(cr, seen, err, r.Now())
	return finish(ctx, r.Client, r.Recorder, cr, outcome[v1alpha1.TcpServerStatus]{
		before: cr.Status, after: next,
		write:    func(s v1alpha1.TcpServerStatus) { cr.Status = s },
		announce: status.ServerEvents,
		recheck:  recheck,
		err:      err,
	})
}

// apply writes the children in order: what a pod should find in place comes
// before the pods. It returns the Deployment's generation.
func (r *TcpServerReconciler) apply(ctx context.Context, family *family, wanted desired.ServerChildren) (int64, error) {
	var service corev1.Service
	var deployment appsv1.Deployment
	if err := family.apply(ctx, wanted.Service, &service); err != nil {
		return 0, err
	}
	if err := family.applyOptional(ctx, wanted.NetworkPolicy, wanted.DisruptionBudget); err != nil {
		return 0, err
	}
	err := family.apply(ctx, wanted.Deployment, &deployment)
	return deployment.Generation, err
}

// SetupWithManager registers the reconciler. changed brings the resources
// whose pods said something new.
func (r *TcpServerReconciler) SetupWithManager(mgr manager.Manager, changed source.Source, options controller.Options) error {
	children := wakeOwner(mgr, &v1alpha1.TcpServer{})
	return builder.ControllerManagedBy(mgr).
		For(&v1alpha1.TcpServer{}, builder.WithPredicates(ResourceChanged())).
		Watches(&appsv1.Deployment{}, children).
		Watches(&corev1.Service{}, children).
		Watches(&networkingv1.NetworkPolicy{}, children).
		Watches(&policyv1.PodDisruptionBudget{}, children).
		WatchesRawSource(changed).
		WithOptions(options).
		Complete(reconcile.AsReconciler(r.Client, r))
}
