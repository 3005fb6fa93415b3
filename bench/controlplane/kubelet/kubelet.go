// Package kubelet plays what stands between a Deployment and its running
// pods: Deployment controller, scheduler and kubelet. Pods are objects only,
// which are ready at once; one listener on the loopback interface answers for
// all of them when they are asked for their snapshot.
package kubelet

import (
	"context"
	"fmt"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/rest"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
)

// concurrency is how many Deployments are rolled out at the same time.
const concurrency = 8

// node is where all pods are said to run.
const node = "node"

type kubelet struct {
	client client.Client
	pods   *Pods
}

// Run rolls out every Deployment until ctx is done. A Deployment whose
// template changes keeps its pods.
func Run(ctx context.Context, config *rest.Config, scheme *runtime.Scheme, pods *Pods) error {
	mgr, err := ctrl.NewManager(config, ctrl.Options{Scheme: scheme, Metrics: metricsserver.Options{BindAddress: "0"}})
	if err != nil {
		return fmt.Errorf("setting up the kubelet: %w", err)
	}
	k := &kubelet{client: mgr.GetClient(), pods: pods}
	err = ctrl.NewControllerManagedBy(mgr).
		For(&appsv1.Deployment{}).
		WithOptions(controller.Options{
			MaxConcurrentReconciles: concurrency,
			SkipNameValidation:      new(true), // it may run again
		}).
		Complete(reconcile.AsReconciler(mgr.GetClient(), k))
	if err != nil {
		return fmt.Errorf("setting up the kubelet: %w", err)
	}
	return mgr.Start(ctx)
}

// Reconcile makes the pods of d, and then says so in its status.
func (k *kubelet) Reconcile(ctx context.Context, d *appsv1.Deployment) (reconcile.Result, error) {
	if d.Status.ObservedGeneration == d.Generation {
		return reconcile.Result{}, nil
	}
	for i := range *d.Spec.Replicas {
		if err := k.runPod(ctx, podOf(d, i)); err != nil {
			return reconcile.Result{}, client.IgnoreNotFound(err)
		}
	}
	before := d.DeepCopy()
	d.Status = rolledOut(d)
	return reconcile.Result{}, client.IgnoreNotFound(k.client.Status().Patch(ctx, d, client.MergeFrom(before)))
}

func (k *kubelet) runPod(ctx context.Context, pod *corev1.Pod) error {
	if err := k.client.Create(ctx, pod); apierrors.IsAlreadyExists(err) {
		return nil
	} else if err != nil {
		return err
	}
	before := pod.DeepCopy()
	pod.Status.Phase = corev1.PodRunning
	pod.Status.PodIP = k.pods.add(pod)
	pod.Status.PodIPs = []corev1.PodIP{{IP: pod.Status.PodIP}}
	pod.Status.Conditions = []corev1.PodCondition{{
		Type: corev1.PodReady, Status: corev1.ConditionTrue, LastTransitionTime: metav1.NewTime(time.Now()),
	}}
	return k.client.Status().Patch(ctx, pod, client.MergeFrom(before))
}

func podOf(d *appsv1.Deployment, index int32) *corev1.Pod {
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: d.Namespace,
			Name:      fmt.Sprintf("%s-%d", d.Name, index),
			Labels:    d.Spec.Template.Labels,
		},
		Spec: *d.Spec.Template.Spec.DeepCopy(),
	}
	pod.Spec.NodeName = node
	return pod
}

func rolledOut(d *appsv1.Deployment) appsv1.DeploymentStatus {
	replicas := *d.Spec.Replicas
	return appsv1.DeploymentStatus{
		ObservedGeneration: d.Generation,
		Replicas:           replicas, UpdatedReplicas: replicas, ReadyReplicas: replicas, AvailableReplicas: replicas,
		Conditions: []appsv1.DeploymentCondition{
			{Type: appsv1.DeploymentAvailable, Status: corev1.ConditionTrue, Reason: "MinimumReplicasAvailable"},
			{Type: appsv1.DeploymentProgressing, Status: corev1.ConditionTrue, Reason: "NewReplicaSetAvailable"},
		},
	}
}
