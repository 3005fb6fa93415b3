// Package cluster reads what the plugin shows: resources and events from the
// API server, and what pods say of themselves through its pod proxy. It
// decides nothing.
package cluster

import (
	"context"
	"errors"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"tcp-operator.io/api/v1alpha1"
)

// Cluster is what one kubeconfig gives access to. It may be used by several
// goroutines.
type Cluster struct {
	Config *rest.Config
	client client.Client
	core   kubernetes.Interface
}

// New returns the cluster of a configuration. It makes no call.
func New(config *rest.Config) (*Cluster, error) {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{clientgoscheme.AddToScheme, v1alpha1.AddToScheme} {
		if err := add(scheme); err != nil {
			return nil, err
		}
	}
	// Pods are asked in parallel: the default of 5 calls a second is for
	// controllers of old.
	config = rest.CopyConfig(config)
	config.QPS = -1
	c, err := client.New(config, client.Options{Scheme: scheme})
	if err != nil {
		return nil, err
	}
	core, err := kubernetes.NewForConfig(config)
	return &Cluster{Config: config, client: c, core: core}, err
}

// Resources lists servers and clients; an empty namespace means all.
func (c *Cluster) Resources(ctx context.Context, namespace string) ([]v1alpha1.TcpServer, []v1alpha1.TcpClient, error) {
	var servers v1alpha1.TcpServerList
	if err := c.client.List(ctx, &servers, client.InNamespace(namespace)); err != nil {
		return nil, nil, explain(err)
	}
	var clients v1alpha1.TcpClientList
	if err := c.client.List(ctx, &clients, client.InNamespace(namespace)); err != nil {
		return nil, nil, explain(err)
	}
	return servers.Items, clients.Items, nil
}

// ErrUnknownKinds means that the operator's kinds are not there at all.
var ErrUnknownKinds = errors.New("this cluster does not know TcpServers and TcpClients: install the operator, or choose another --context")

// explain adds the remedy where the kinds are not there at all.
func explain(err error) error {
	if apierrors.IsNotFound(err) || meta.IsNoMatchError(err) {
		return fmt.Errorf("%w (%w)", ErrUnknownKinds, err)
	}
	return err
}

// Namespaces lists their names.
func (c *Cluster) Namespaces(ctx context.Context) ([]string, error) {
	list, err := c.core.CoreV1().Namespaces().List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, err
	}
	names := make([]string, 0, len(list.Items))
	for i := range list.Items {
		names = append(names, list.Items[i].Name)
	}
	return names, nil
}

// Server reads one TcpServer; found is false where there is none.
func (c *Cluster) Server(ctx context.Context, namespace, name string) (server *v1alpha1.TcpServer, found bool, err error) {
	server = &v1alpha1.TcpServer{}
	found, err = c.get(ctx, namespace, name, server)
	return server, found, err
}

// Client reads one TcpClient; found is false where there is none.
func (c *Cluster) Client(ctx context.Context, namespace, name string) (tcpClient *v1alpha1.TcpClient, found bool, err error) {
	tcpClient = &v1alpha1.TcpClient{}
	found, err = c.get(ctx, namespace, name, tcpClient)
	return tcpClient, found, err
}

func (c *Cluster) get(ctx context.Context, namespace, name string, into client.Object) (found bool, err error) {
	err = c.client.Get(ctx, client.ObjectKey{Namespace: namespace, Name: name}, into)
	if apierrors.IsNotFound(err) {
		return false, nil
	}
	if err != nil {
		return false, explain(err)
	}
	return true, nil
}
