package observed

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strconv"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"tcp-operator.io/api/v1alpha1"
	"tcp-operator.io/controllers/desired"
	"tcp-operator.io/controllers/status"
)

// Pods tells what the pods of a resource said last. It never blocks.
type Pods interface {
	Seen(kind string, key client.ObjectKey) status.PodsSeen
}

// Server reads the children of cr. generation is the newest one of the
// Deployment that the caller knows of; a cache may be older.
func Server(ctx context.Context, c client.Reader, cr *v1alpha1.TcpServer, generation int64, pods Pods) (status.ServerSeen, error) {
	seen := status.ServerSeen{Pods: pods.Seen(v1alpha1.ServerKind.Kind, client.ObjectKeyFromObject(cr))}
	var err error
	if seen.Deployment, err = deployment(ctx, c, cr, generation); err != nil {
		return seen, err
	}
	seen.Service, err = service(ctx, c, cr)
	return seen, err
}

// Client reads the children of cr, as Server does.
func Client(ctx context.Context, c client.Reader, cr *v1alpha1.TcpClient, generation int64, pods Pods) (status.ClientSeen, error) {
	seen := status.ClientSeen{Pods: pods.Seen(v1alpha1.ClientKind.Kind, client.ObjectKeyFromObject(cr))}
	var err error
	seen.Deployment, err = deployment(ctx, c, cr, generation)
	return seen, err
}

func deployment(ctx context.Context, c client.Reader, owner client.Object, generation int64) (*status.DeploymentSeen, error) {
	var d appsv1.Deployment
	found, err := child(ctx, c, owner, &d)
	if err != nil || !found {
		return nil, err
	}
	seen := &status.DeploymentSeen{
		Generation:         max(d.Generation, generation),
		ObservedGeneration: d.Status.ObservedGeneration,
		Wanted:             1, // the API's own default
		Replicas:           d.Status.Replicas,
		Updated:            d.Status.UpdatedReplicas,
		Ready:              d.Status.ReadyReplicas,
	}
	if d.Spec.Replicas != nil {
		seen.Wanted = *d.Spec.Replicas
	}
	for _, c := range d.Status.Conditions {
		switch {
		case c.Type == appsv1.DeploymentReplicaFailure && c.Status == corev1.ConditionTrue:
			seen.Failure = status.StableFailure(c.Message)
		case c.Type == appsv1.DeploymentProgressing:
			seen.RolledOut = c.Reason == "NewReplicaSetAvailable"
			seen.DeadlineExceeded = c.Reason == "ProgressDeadlineExceeded"
		}
	}
	return seen, nil
}

func service(ctx context.Context, c client.Reader, owner client.Object) (*status.ServiceSeen, error) {
	var s corev1.Service
	found, err := child(ctx, c, owner, &s)
	if err != nil || !found {
		return nil, err
	}
	seen := &status.ServiceSeen{}
	for _, port := range s.Spec.Ports {
		if port.Name == desired.TCPPortName {
			seen.NodePort = port.NodePort
		}
	}
	for _, ingress := range s.Status.LoadBalancer.Ingress {
		host := ingress.Hostname
		if host == "" {
			host = ingress.IP
		}
		for _, port := range s.Spec.Ports {
			seen.ExternalAddresses = append(seen.ExternalAddresses, net.JoinHostPort(host, strconv.Itoa(int(port.Port))))
		}
	}
	slices.Sort(seen.ExternalAddresses)
	return seen, nil
}

// child reads the object of owner's name into into. One that owner does not
// control counts as not there.
func child(ctx context.Context, c client.Reader, owner, into client.Object) (bool, error) {
	err := c.Get(ctx, client.ObjectKeyFromObject(owner), into)
	if client.IgnoreNotFound(err) != nil {
		return false, fmt.Errorf("reading %T %s: %w", into, owner.GetName(), err)
	}
	return err == nil && metav1.IsControlledBy(into, owner), nil
}
