package controllers

import (
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/labels"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"tcp-operator.io/controllers/desired"
)

// CacheOptions keeps only what the operator made, without what it does not
// read, in the namespaces; none means all. A Get of any other kind fails
// instead of watching a whole cluster.
func CacheOptions(namespaces ...string) cache.Options {
	ours := cache.ByObject{Label: labels.SelectorFromSet(labels.Set{desired.ManagedByLabel: desired.ManagedBy})}
	var only map[string]cache.Config
	if len(namespaces) > 0 {
		only = make(map[string]cache.Config, len(namespaces))
	}
	for _, namespace := range namespaces {
		only[namespace] = cache.Config{}
	}
	return cache.Options{
		DefaultNamespaces:           only,
		DefaultTransform:            cache.TransformStripManagedFields(),
		ReaderFailOnMissingInformer: true,
		ByObject: map[client.Object]cache.ByObject{
			&appsv1.Deployment{}:            ours,
			&corev1.Service{}:               ours,
			&corev1.Pod{}:                   {Label: ours.Label, Transform: stripPod},
			&networkingv1.NetworkPolicy{}:   ours,
			&policyv1.PodDisruptionBudget{}: ours,
		},
	}
}

// stripPod leaves of a pod what the operator reads: there are as many pods as
// resources or more, and most of a pod is what its Deployment says too.
func stripPod(object any) (any, error) {
	pod, ok := object.(*corev1.Pod)
	if !ok {
		return object, nil // word of one that is gone
	}
	pod.ManagedFields, pod.Annotations, pod.OwnerReferences = nil, nil, nil
	pod.Spec = corev1.PodSpec{NodeName: pod.Spec.NodeName}
	pod.Status = corev1.PodStatus{Phase: pod.Status.Phase, PodIP: pod.Status.PodIP, Conditions: pod.Status.Conditions}
	return pod, nil
}

// ClientOptions make reads wait until the cache has seen the operator's own
// writes. Correctness does not rest on it: it saves needless reconciles. It is
// off with several namespaces, where controller-runtime cannot do it.
func ClientOptions(namespaces ...string) client.Options {
	return client.Options{Cache: &client.CacheOptions{EnableReadYourWritesConsistency: new(len(namespaces) <= 1)}}
}
