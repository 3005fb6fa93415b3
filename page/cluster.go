package page

import (
	"context"

	eventsv1 "k8s.io/api/events/v1"
	"k8s.io/apimachinery/pkg/fields"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"tcp-operator.io/api/v1alpha1"
	"tcp-operator.io/controllers/observed"
	"tcp-operator.io/topology"
	"tcp-operator.io/workload/snapshot"
)

// Cluster is the Source that a manager has.
type Cluster struct {
	// Cached reads resources and pods from the manager's cache.
	Cached client.Reader
	// Live reads events from the API server: no cache holds them.
	Live client.Reader
	// Pods tells what pods said last.
	Pods observed.Pods
}

// Look implements Source.
func (c Cluster) Look(ctx context.Context) (topology.Seen, bool, error) {
	var servers v1alpha1.TcpServerList
	var clients v1alpha1.TcpClientList
	if err := c.Cached.List(ctx, &servers); err != nil {
		return topology.Seen{}, false, err
	}
	if err := c.Cached.List(ctx, &clients); err != nil {
		return topology.Seen{}, false, err
	}
	seen := topology.Seen{Servers: servers.Items, Clients: clients.Items, Snapshots: map[topology.Key][]snapshot.Snapshot{}}
	for i := range servers.Items {
		c.add(&seen, topology.ServerKey(servers.Items[i].Namespace, servers.Items[i].Name))
	}
	for i := range clients.Items {
		c.add(&seen, topology.ClientKey(clients.Items[i].Namespace, clients.Items[i].Name))
	}
	return seen, !c.Pods.Seen("", client.ObjectKey{}).Unlisted, nil
}

// add adds what the pods of a resource said.
func (c Cluster) add(seen *topology.Seen, key topology.Key) {
	if said := c.Pods.Seen(key.Kind, objectKey(key)).Snapshots; len(said) > 0 {
		seen.Snapshots[key] = said
	}
}

// Exists implements Source.
func (c Cluster) Exists(ctx context.Context, key topology.Key) (bool, error) {
	var o client.Object = &v1alpha1.TcpServer{}
	if key.Kind == v1alpha1.ClientKind.Kind {
		o = &v1alpha1.TcpClient{}
	}
	err := c.Cached.Get(ctx, objectKey(key), o)
	return err == nil, client.IgnoreNotFound(err)
}

// Sessions implements Source.
func (c Cluster) Sessions(ctx context.Context, key topology.Key) ([]observed.PodSessions, int, error) {
	return observed.Sessions(ctx, c.Cached, key.Kind, objectKey(key))
}

// maxEventsRead bounds what the API server returns of one resource's events.
const maxEventsRead = 500

// Events implements Source.
func (c Cluster) Events(ctx context.Context, key topology.Key) ([]eventsv1.Event, error) {
	var list eventsv1.EventList
	regarding := fields.Set{"regarding.kind": key.Kind, "regarding.name": key.Name}.AsSelector()
	err := c.Live.List(ctx, &list, client.InNamespace(key.Namespace), client.Limit(maxEventsRead),
		client.MatchingFieldsSelector{Selector: regarding})
	return list.Items, err
}

func objectKey(key topology.Key) client.ObjectKey {
	return client.ObjectKey{Namespace: key.Namespace, Name: key.Name}
}
