package cluster

import (
	"context"
	"errors"
	"time"

	eventsv1 "k8s.io/api/events/v1"
	"k8s.io/apimachinery/pkg/fields"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"tcp-operator.io/topology"
	"tcp-operator.io/workload/snapshot"
)

// Look reads resources and pods of a namespace; empty means all.
func (c *Cluster) Look(ctx context.Context, namespace string) (topology.Seen, []Pod, error) {
	servers, clients, err := c.Resources(ctx, namespace)
	if err != nil {
		return topology.Seen{}, nil, err
	}
	pods, err := c.Pods(ctx, namespace, nil)
	if err != nil {
		return topology.Seen{}, nil, err
	}
	return topology.Seen{Time: time.Now(), Servers: servers, Clients: clients, Snapshots: Snapshots(pods)}, pods, nil
}

// Snapshots are those of the pods that answered, by resource.
func Snapshots(pods []Pod) map[topology.Key][]snapshot.Snapshot {
	said := map[topology.Key][]snapshot.Snapshot{}
	for i := range pods {
		if s := pods[i].Snapshot; s != nil {
			said[pods[i].Of] = append(said[pods[i].Of], *s)
		}
	}
	return said
}

// Unread says why numbers are those of the status, which may be a minute old;
// nil where every running pod answered.
func Unread(pods []Pod) error {
	var why error
	for i := range pods {
		if errors.Is(pods[i].Err, ErrNoProxy) {
			return ErrNoProxy
		}
		if pods[i].Err != nil && why == nil {
			why = errors.New("pod " + pods[i].Name + ": " + pods[i].Err.Error())
		}
	}
	return why
}

// Events are the newest of a resource, newest first.
func (c *Cluster) Events(ctx context.Context, of topology.Key, most int) ([]topology.Event, error) {
	var list eventsv1.EventList
	about := fields.Set{"regarding.kind": of.Kind, "regarding.name": of.Name}.AsSelector()
	err := c.client.List(ctx, &list, client.InNamespace(of.Namespace), client.MatchingFieldsSelector{Selector: about})
	return topology.NewestEvents(list.Items, most), err
}
