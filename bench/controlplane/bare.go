package main

import (
	"context"
	"encoding/json"
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"tcp-operator.io/api/v1alpha1"
	"tcp-operator.io/controllers/desired"
)

// A bare client is what the operator is paired with: it makes the same
// children, and does nothing else: it looks at nothing first, and reports
// nothing afterwards.
type bare struct {
	client client.Client
	// applies says that it writes by server-side apply, as the operator does,
	// rather than to create objects outright.
	applies bool
}

// createChildren makes the children of all pairs, which are there.
func (b bare) createChildren(ctx context.Context, p pairs) error {
	servers, clients, err := b.read(ctx, p)
	if err != nil {
		return err
	}
	return parallel(ctx, len(servers), func(ctx context.Context, i int) error {
		return b.childrenOf(ctx, &servers[i], &clients[i])
	})
}

// createAll makes pairs and children, pair by pair.
func (b bare) createAll(ctx context.Context, p pairs) error {
	return parallel(ctx, p.count, func(ctx context.Context, i int) error {
		server, caller, err := p.createOne(ctx, b.client, i)
		if err != nil {
			return err
		}
		return b.childrenOf(ctx, server, caller)
	})
}

// read returns the pairs, the ith client being the ith server's.
func (b bare) read(ctx context.Context, p pairs) ([]v1alpha1.TcpServer, []v1alpha1.TcpClient, error) {
	var servers v1alpha1.TcpServerList
	var clients v1alpha1.TcpClientList
	for i := range p.namespaces() {
		var s v1alpha1.TcpServerList
		var c v1alpha1.TcpClientList
		for _, list := range []client.ObjectList{&s, &c} {
			if err := b.client.List(ctx, list, client.InNamespace(p.namespace(i))); err != nil {
				return nil, nil, err
			}
		}
		// A list is in the order of names, which both have numbered alike.
		servers.Items, clients.Items = append(servers.Items, s.Items...), append(clients.Items, c.Items...)
	}
	return servers.Items, clients.Items, nil
}

// childrenOf makes the children of one pair.
func (b bare) childrenOf(ctx context.Context, server *v1alpha1.TcpServer, caller *v1alpha1.TcpClient) error {
	defaults := desired.Defaults{WorkloadImage: "workload:bench"}
	ofServer, err := desired.Server(server, defaults)
	if err != nil {
		return err
	}
	target, err := desired.Target(caller, server, true)
	if err != nil {
		return err
	}
	ofClient, err := desired.Client(caller, target, defaults)
	if err != nil {
		return err
	}
	if err := b.create(ctx, ofServer.Service, &corev1.Service{}); err != nil {
		return err
	}
	if err := b.create(ctx, ofServer.Deployment, &appsv1.Deployment{}); err != nil {
		return err
	}
	return b.create(ctx, ofClient.Deployment, &appsv1.Deployment{})
}

// create makes an object of what was rendered.
func (b bare) create(ctx context.Context, rendered runtime.ApplyConfiguration, object client.Object) error {
	if b.applies {
		return b.client.Apply(ctx, rendered, client.FieldOwner(bareUser))
	}
	text, err := json.Marshal(rendered)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, object); err != nil {
		return fmt.Errorf("reading a rendered child: %w", err)
	}
	return b.client.Create(ctx, object)
}
