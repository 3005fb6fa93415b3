package controllers

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	toolscache "k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/events"
	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	"sigs.k8s.io/controller-runtime/pkg/source"

	"tcp-operator.io/api/v1alpha1"
	"tcp-operator.io/controllers/desired"
	"tcp-operator.io/controllers/observed"
)

// Dependencies are what both reconcilers work with.
type Dependencies struct {
	Client   client.Client // reads come from the cache
	Live     client.Reader // reads come from the API server
	Recorder events.EventRecorder
	Defaults desired.Defaults
	Pods     observed.Pods
	Now      func() time.Time
}

// Options of the controllers.
type Options struct {
	// Defaults are what the operator decides for every resource.
	// WorkloadImage is required.
	Defaults desired.Defaults
	// SnapshotInterval is how often pods are asked for their snapshot; zero
	// means every 2 s.
	SnapshotInterval time.Duration
	// Concurrency is how many resources of a kind are reconciled at once; zero
	// means 16.
	Concurrency int
	// Collector is what is set up to ask the pods: its owner may ask it too.
	// nil means one that nobody else can ask.
	Collector *observed.Collector
	// SkipNameValidation allows several managers in one process. For tests.
	SkipNameValidation *bool
}

const (
	defaultSnapshotInterval = 2 * time.Second
	defaultConcurrency      = 16
	// reconcileTimeout bounds one reconcile: a read waits for the cache to
	// have seen the operator's own writes, and has no bound of its own.
	reconcileTimeout = 30 * time.Second
	// firstRetry and maxRetry bound the back-off: with controller-runtime's
	// own bound a resource could wait for a quarter of an hour.
	firstRetry = 5 * time.Millisecond
	maxRetry   = time.Minute
)

// eventSource is how both kinds announce events: a reporting controller.
const eventSource = "tcp-operator"

// SetupWithManager adds the reconcilers of both kinds and the collector of
// snapshots.
func SetupWithManager(ctx context.Context, mgr manager.Manager, o Options) error {
	wake, err := watchPods(ctx, mgr)
	if err != nil {
		return fmt.Errorf("watching pods: %w", err)
	}
	servers, clients := make(chan event.GenericEvent), make(chan event.GenericEvent)
	collector := o.Collector
	if collector == nil {
		collector = &observed.Collector{}
	}
	collector.Reader = mgr.GetClient()
	collector.Interval = orDefault(o.SnapshotInterval, defaultSnapshotInterval)
	collector.Wake = wake
	collector.Changed = forward(servers, clients)
	if err := mgr.Add(collector); err != nil {
		return fmt.Errorf("adding the collector: %w", err)
	}
	dependencies := Dependencies{
		Client:   mgr.GetClient(),
		Live:     mgr.GetAPIReader(),
		Recorder: mgr.GetEventRecorder(eventSource),
		Defaults: o.Defaults,
		Pods:     collector,
		Now:      time.Now,
	}
	if err := NewTcpServerReconciler(dependencies).SetupWithManager(mgr, channel(servers), o.controller()); err != nil {
		return fmt.Errorf("adding the TcpServer controller: %w", err)
	}
	if err := NewTcpClientReconciler(dependencies).SetupWithManager(ctx, mgr, channel(clients), o.controller()); err != nil {
		return fmt.Errorf("adding the TcpClient controller: %w", err)
	}
	return nil
}

// watchPods fills the cache with pods, the one kind that is read and not
// watched by a controller. The channel tells that one has become ready or
// unready.
func watchPods(ctx context.Context, mgr manager.Manager) (<-chan struct{}, error) {
	informer, err := mgr.GetCache().GetInformer(ctx, &corev1.Pod{}, cache.BlockUntilSynced(false))
	if err != nil {
		return nil, err
	}
	wake := make(chan struct{}, 1)
	_, err = informer.AddEventHandler(toolscache.ResourceEventHandlerFuncs{UpdateFunc: func(before, after any) {
		if observed.ReadinessChanged(before.(*corev1.Pod), after.(*corev1.Pod)) {
			select {
			case wake <- struct{}{}:
			default: // one is under way
			}
		}
	}})
	return wake, err
}

func (o Options) controller() controller.Options {
	return controller.Options{
		MaxConcurrentReconciles: orDefault(o.Concurrency, defaultConcurrency),
		ReconciliationTimeout:   reconcileTimeout,
		RateLimiter:             workqueue.NewTypedItemExponentialFailureRateLimiter[reconcile.Request](firstRetry, maxRetry),
		SkipNameValidation:      o.SkipNameValidation,
	}
}

func orDefault[T comparable](v, byDefault T) T {
	var zero T
	if v == zero {
		return byDefault
	}
	return v
}

func channel(events chan event.GenericEvent) source.Source {
	return source.Channel(events, &handler.EnqueueRequestForObject{})
}

// forward sends a changed resource to the channel of its kind.
func forward(servers, clients chan<- event.GenericEvent) func(context.Context, string, client.ObjectKey) {
	return func(ctx context.Context, kind string, key client.ObjectKey) {
		var to chan<- event.GenericEvent
		var object client.Object
		switch kind {
		case v1alpha1.ServerKind.Kind:
			to, object = servers, &v1alpha1.TcpServer{}
		case v1alpha1.ClientKind.Kind:
			to, object = clients, &v1alpha1.TcpClient{}
		default:
			return // a pod that only looks like ours
		}
		object.SetNamespace(key.Namespace)
		object.SetName(key.Name)
		select {
		case to <- event.GenericEvent{Object: object}:
		case <-ctx.Done():
		}
	}
}
