package edits

import (
	"context"

	appsv1 "k8s.io/api/apps/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// losePods makes every pod of a Deployment unready, as the loss of a node
// does.
func losePods(name string) Edit {
	return Edit{Name: "lose the pods of " + name, Do: func(ctx context.Context, c client.Client, namespace string) error {
		d := &appsv1.Deployment{ObjectMeta: meta(namespace, name)}
		if err := c.Get(ctx, client.ObjectKeyFromObject(d), d); err != nil {
			return err
		}
		before := d.DeepCopy()
		d.Status.ReadyReplicas, d.Status.AvailableReplicas = 0, 0
		return c.Status().Patch(ctx, d, client.MergeFrom(before))
	}}
}
