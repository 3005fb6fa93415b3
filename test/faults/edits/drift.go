package edits

import (
	"context"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// Any are edits that can be made in any order where a TcpServer of the name
// Server and a TcpClient of the name Client are.
func Any() []Edit {
	return []Edit{
		scaleServer(3), scaleServer(1), changeServerPort(9600), changeServerPort(9527), changeServicePort(7000), changeServerDelay("2s"),
		serviceType("NodePort"), serviceType("ClusterIP"), fullServer(), bareServer(), recreateServer(), ifThere(losePods(Server)),
		scaleClient(3), scaleClient(1), changeClientDelay("2s"), fullClient(), bareClient(), pointOutside(), pointTo(Server), pointTo(Other),
		recreateClient(), changeImage(),
	}
}

// Pair are the edits that make what Any and Drift need.
func Pair() []Edit { return []Edit{createServer(Server), createClient()} }

// Drift is what somebody does to children who should not: it is undone. A
// child that is not there is left alone.
func Drift() []Edit {
	var all []Edit
	for _, name := range []string{Server, Client} {
		for _, child := range []client.Object{
			&appsv1.Deployment{}, &corev1.Service{}, &networkingv1.NetworkPolicy{}, &policyv1.PodDisruptionBudget{},
		} {
			all = append(all, ifThere(remove(child, name)), ifThere(unlabel(child, name)))
		}
		all = append(all, ifThere(meddle(name)))
	}
	return append(all, ifThere(renumber()))
}

func ifThere(e Edit) Edit {
	return Edit{Name: e.Name, Do: func(ctx context.Context, c client.Client, namespace string) error {
		return client.IgnoreNotFound(e.Do(ctx, c, namespace))
	}}
}

// unlabel hides a child from the operator's cache.
func unlabel(of client.Object, name string) Edit {
	return Edit{Name: "unlabel a child of " + name, Do: func(ctx context.Context, c client.Client, namespace string) error {
		child := of.DeepCopyObject().(client.Object)
		child.SetNamespace(namespace)
		child.SetName(name)
		return patch(ctx, c, child, func() { child.SetLabels(nil) })
	}}
}

// meddle changes what the operator owns in a Deployment.
func meddle(name string) Edit {
	return Edit{Name: "meddle with the Deployment of " + name, Do: func(ctx context.Context, c client.Client, namespace string) error {
		d := &appsv1.Deployment{ObjectMeta: meta(namespace, name)}
		return patch(ctx, c, d, func() {
			d.Spec.Replicas = new(int32(7))
			d.Spec.Template.Spec.Containers[0].Image = "somebody:else"
		})
	}}
}

// renumber gives the Service's port another number.
func renumber() Edit {
	return Edit{Name: "renumber the port of the Service", Do: func(ctx context.Context, c client.Client, namespace string) error {
		s := &corev1.Service{ObjectMeta: meta(namespace, Server)}
		return patch(ctx, c, s, func() { s.Spec.Ports[0].Port = 1 })
	}}
}
