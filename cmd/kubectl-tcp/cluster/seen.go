package cluster

import (
	"context"
	"time"

	eventsv1 "k8s.io/api/events/v1"
	"k8s.io/apimachinery/pkg/fields"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"tcp-operator.io/topology"
	"tcp-operator.io/workload/snapshot"
)

// Look reads the resources of a namespace (empty: of all), and what their pods
// say.
func (c *Cluster) Look(ctx context.Context, namespace string) (topology.Seen, Answers, error) {
	servers, clients, err := c.Resources(ctx, namespace)
	if err != nil {
		return topology.Seen{}, Answers{}, err
	}
	pods, err := c.Pods(ctx, namespace)
	if err != nil {
		return topology.Seen{}, Answers{}, err
	}
	c.Ask(ctx, pods)
	return topology.Seen{Time: time.Now(), Servers: servers, Clients: clients, Snapshots: Snapshots(pods)}, AnswersOf(pods), nil
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

// maxEventsRead bounds what the API server returns of one resource's events.
const maxEventsRead = 500

// Events are the newest of a resource, newest first.
func (c *Cluster) Events(ctx context.Context, of topology.Key, most int) ([]topology.Event, error) {
	var list eventsv1.EventList
	about := fields.Set{"regarding.kind": of.Kind, "regarding.name": of.Name}.AsSelector()
	err := c.client.List(ctx, &list, client.InNamespace(of.Namespace), client.Limit(maxEventsRead), client.MatchingFieldsSelector{Selector: about})
	return topology.NewestEvents(list.Items, most), err
}
