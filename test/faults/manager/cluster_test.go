package manager

import (
	"context"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	toolscache "k8s.io/client-go/tools/cache"
	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"tcp-operator.io/api/v1alpha1"
	"tcp-operator.io/test/faults/world"
)

// cluster plays, in one namespace, what the API server alone does not do:
// Deployments roll out, and children of resources that are gone are collected.
type cluster struct {
	history   *history
	namespace string
	cache     cache.Cache
	queue     workqueue.TypedRateLimitingInterface[change]
}

// change is that something has changed.
type change struct{}

func kinds() []client.Object {
	return []client.Object{
		&v1alpha1.TcpServer{}, &v1alpha1.TcpClient{},
		&appsv1.Deployment{}, &corev1.Service{}, &networkingv1.NetworkPolicy{}, &policyv1.PodDisruptionBudget{},
	}
}

// startCluster plays until the test's end.
func startCluster(t *testing.T, namespace string) *cluster {
	t.Helper()
	watching, err := cache.New(server.Config, cache.Options{
		Scheme: server.Scheme, DefaultNamespaces: map[string]cache.Config{namespace: {}},
	})
	if err != nil {
		t.Fatal(err)
	}
	c := &cluster{
		history: newHistory(), namespace: namespace, cache: watching,
		queue: workqueue.NewTypedRateLimitingQueue(workqueue.DefaultTypedControllerRateLimiter[change]()),
	}
	ctx, cancel := context.WithCancel(t.Context())
	for _, kind := range kinds() {
		if err := c.follow(ctx, kind); err != nil {
			t.Fatal(err)
		}
	}
	ended := make(chan error, 2)
	go func() { ended <- c.cache.Start(ctx) }()
	go func() { ended <- c.work(ctx) }()
	t.Cleanup(func() {
		cancel()
		c.queue.ShutDown()
		for range cap(ended) {
			if err := <-ended; err != nil {
				t.Error(err)
			}
		}
	})
	if !c.cache.WaitForCacheSync(ctx) {
		t.Fatal("the cluster's caches are not filled")
	}
	return c
}

// follow keeps every version of a kind, and works on every change.
func (c *cluster) follow(ctx context.Context, kind client.Object) error {
	informer, err := c.cache.GetInformer(ctx, kind, cache.BlockUntilSynced(false))
	if err != nil {
		return err
	}
	saw := func(o any) {
		c.history.saw(o.(client.Object))
		c.queue.Add(change{})
	}
	_, err = informer.AddEventHandler(toolscache.ResourceEventHandlerFuncs{
		AddFunc:    saw,
		UpdateFunc: func(_, o any) { saw(o) },
		DeleteFunc: func(o any) {
			if last, ok := o.(toolscache.DeletedFinalStateUnknown); ok {
				o = last.Obj
			}
			c.history.lost(o.(client.Object))
			c.queue.Add(change{})
		},
	})
	return err
}

// work plays until ctx is done. What fails is tried again.
func (c *cluster) work(ctx context.Context) error {
	for {
		item, shutdown := c.queue.Get()
		if shutdown {
			return nil
		}
		if err := c.play(ctx); err != nil && ctx.Err() == nil {
			c.queue.AddRateLimited(item)
		} else {
			c.queue.Forget(item)
		}
		c.queue.Done(item)
	}
}

func (c *cluster) play(ctx context.Context) error {
	w, err := world.Read(ctx, c.cache, c.namespace)
	if err != nil {
		return err
	}
	for _, d := range world.All[*appsv1.Deployment](w) {
		if err := rollOut(ctx, d); err != nil {
			return err
		}
	}
	for _, o := range w.Orphans() {
		if err := c.collect(ctx, o); err != nil {
			return err
		}
	}
	if len(w.Going()) == 0 {
		return nil
	}
	// Who is freed of its owner must not be overlooked: the cache may not have it.
	now, err := world.Read(ctx, server.Client, c.namespace)
	for _, o := range now.Going() {
		if err == nil {
			err = now.Finish(ctx, server.Client, o)
		}
	}
	return err
}

// rollOut plays the Deployment controller and the kubelet: every pod that is
// wanted runs the current template, and is ready.
func rollOut(ctx context.Context, d *appsv1.Deployment) error {
	is, n := d.Status, *d.Spec.Replicas
	if is.ObservedGeneration == d.Generation && is.Replicas == n && is.UpdatedReplicas == n && is.ReadyReplicas == n {
		return nil
	}
	next := d.DeepCopy()
	next.Status = appsv1.DeploymentStatus{
		ObservedGeneration: d.Generation,
		Replicas:           n, UpdatedReplicas: n, ReadyReplicas: n, AvailableReplicas: n,
	}
	patch := client.MergeFromWithOptions(d, client.MergeFromWithOptimisticLock{})
	return client.IgnoreNotFound(server.Client.Status().Patch(ctx, next, patch))
}

// collect plays the garbage collector. As that does, it asks the API server
// whether the owner is really gone.
func (c *cluster) collect(ctx context.Context, child client.Object) error {
	ref := metav1.GetControllerOf(child)
	var owner client.Object = &v1alpha1.TcpServer{}
	if ref.Kind == v1alpha1.ClientKind.Kind {
		owner = &v1alpha1.TcpClient{}
	}
	err := server.Client.Get(ctx, client.ObjectKey{Namespace: c.namespace, Name: ref.Name}, owner)
	if client.IgnoreNotFound(err) != nil {
		return err
	}
	if err == nil && owner.GetUID() == ref.UID {
		return nil
	}
	return world.Collect(ctx, server.Client, child)
}
