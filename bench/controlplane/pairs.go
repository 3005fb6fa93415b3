package main

import (
	"context"
	"fmt"

	"golang.org/x/sync/errgroup"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"tcp-operator.io/api/v1alpha1"
)

// writers is how many requests a client of the benchmark has under way.
const writers = 32

// pairsPerNamespace spreads pairs as users do.
const pairsPerNamespace = 100

// childrenPerPair are a Service and two Deployments.
const childrenPerPair = 3

// naming is how a client names its server.
type naming int

const (
	// byReference waits until the server is ready.
	byReference naming = iota
	// byAddress waits for nothing.
	byAddress
)

// pairs are TcpServers with a TcpClient each, in namespaces of their own.
type pairs struct {
	client client.Client
	prefix string // of the namespaces
	count  int
	naming naming
}

func (p pairs) namespaces() int { return (p.count + pairsPerNamespace - 1) / pairsPerNamespace }

func (p pairs) namespace(i int) string { return fmt.Sprintf("%s-%d", p.prefix, i) }

// prepare makes the namespaces.
func (p pairs) prepare(ctx context.Context) error {
	return parallel(ctx, p.namespaces(), func(ctx context.Context, i int) error {
		return p.client.Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: p.namespace(i)}})
	})
}

// create makes all pairs.
func (p pairs) create(ctx context.Context) error {
	return parallel(ctx, p.count, func(ctx context.Context, i int) error {
		_, _, err := p.createOne(ctx, p.client, i)
		return err
	})
}

// createOne makes the ith pair, and returns it as the API server made it.
func (p pairs) createOne(ctx context.Context, by client.Client, i int) (*v1alpha1.TcpServer, *v1alpha1.TcpClient, error) {
	namespace := p.namespace(i / pairsPerNamespace)
	server := &v1alpha1.TcpServer{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: fmt.Sprintf("server-%d", i)}}
	if err := by.Create(ctx, server); err != nil {
		return nil, nil, err
	}
	caller := &v1alpha1.TcpClient{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: fmt.Sprintf("client-%d", i)}}
	switch p.naming {
	case byReference:
		caller.Spec.ServerRef = &v1alpha1.ServerReference{Name: server.Name}
	case byAddress:
		caller.Spec.Address = &v1alpha1.Address{Host: server.Name + "." + namespace + ".svc", Port: server.Spec.Service.Port}
	}
	return server, caller, by.Create(ctx, caller)
}

// ready counts the resources that are ready.
func (p pairs) ready(ctx context.Context) (int, error) {
	ready := 0
	for i := range p.namespaces() {
		var servers v1alpha1.TcpServerList
		var clients v1alpha1.TcpClientList
		for _, list := range []client.ObjectList{&servers, &clients} {
			if err := p.client.List(ctx, list, client.InNamespace(p.namespace(i))); err != nil {
				return 0, err
			}
		}
		for _, s := range servers.Items {
			ready += ifReady(s.Status.Conditions)
		}
		for _, c := range clients.Items {
			ready += ifReady(c.Status.Conditions)
		}
	}
	return ready, nil
}

func ifReady(conditions []metav1.Condition) int {
	if meta.IsStatusConditionTrue(conditions, v1alpha1.ConditionReady) {
		return 1
	}
	return 0
}

// remove deletes the pairs and all that was made of them. Nobody else does:
// there is no garbage collector.
func (p pairs) remove(ctx context.Context) error {
	kinds := []client.Object{
		&v1alpha1.TcpServer{}, &v1alpha1.TcpClient{},
		&appsv1.Deployment{}, &corev1.Service{}, &corev1.Pod{}, &eventsv1.Event{},
	}
	return parallel(ctx, p.namespaces()*len(kinds), func(ctx context.Context, i int) error {
		kind := kinds[i%len(kinds)].DeepCopyObject().(client.Object)
		return p.client.DeleteAllOf(ctx, kind, client.InNamespace(p.namespace(i/len(kinds))), client.GracePeriodSeconds(0))
	})
}

// parallel calls each for 0 to n-1, as many at a time as there are writers.
func parallel(ctx context.Context, n int, each func(context.Context, int) error) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(writers)
	for i := range n {
		group.Go(func() error { return each(ctx, i) })
	}
	return group.Wait()
}
