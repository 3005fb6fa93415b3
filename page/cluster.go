package page

import (
	"context"

	eventsv1 "k8s.io/api/events/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
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
	Pods Pods
}

// Pods tells what pods said last, and whether anybody asks them here.
type Pods interface {
	observed.Pods
	Listed() bool
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
	seen := topology.Seen{Servers: servers.Items, Clients: clients.Items, Snapshots: map[topology.Key][]snapshot.Snapshot{}, Pods: map[topology.Key]int{}}
	for i := range servers.Items {
		c.add(&seen, topology.ServerKey(servers.Items[i].Namespace, servers.Items[i].Name))
	}
	for i := range clients.Items {
		c.add(&seen, topology.ClientKey(clients.Items[i].Namespace, clients.Items[i].Name))
	}
	return seen, c.Pods.Listed(), nil
}

// add adds what the pods of a resource said.
func (c Cluster) add(seen *topology.Seen, key topology.Key) {
	pods := c.Pods.Seen(key.Kind, objectKey(key))
	if pods.Unlisted {
		return // how many there are is not known either
	}
	seen.Pods[key] = len(pods.Names)
	if len(pods.Snapshots) > 0 {
		seen.Snapshots[key] = pods.Snapshots
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

// What the API server returns of one resource's events is bounded: it sorts
// them by name, so the newest may be in any part.
const (
	eventsInPart  = 500
	maxEventParts = 10
)

// Events implements Source.
func (c Cluster) Events(ctx context.Context, key topology.Key) ([]eventsv1.Event, error) {
	return allParts(func(next string) (eventsv1.EventList, error) {
		var part eventsv1.EventList
		err := c.Live.List(ctx, &part, client.InNamespace(key.Namespace), client.Limit(eventsInPart), client.Continue(next),
			client.MatchingFieldsSelector{Selector: topology.EventsOf(key)})
		return part, err
	})
}

// allParts reads a list that comes in parts, each of which says where the next
// one begins. A list that has grown too old meanwhile ends where it is.
func allParts(read func(next string) (eventsv1.EventList, error)) ([]eventsv1.Event, error) {
	var all []eventsv1.Event
	next := ""
	for range maxEventParts {
		part, err := read(next)
		if apierrors.IsResourceExpired(err) && next != "" {
			break
		}
		if err != nil {
			return nil, err
		}
		all, next = append(all, part.Items...), part.Continue
		if next == "" {
			break
		}
	}
	return all, nil
}

func objectKey(key topology.Key) client.ObjectKey {
	return client.ObjectKey{Namespace: key.Namespace, Name: key.Name}
}
