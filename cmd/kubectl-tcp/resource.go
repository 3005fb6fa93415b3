package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tcp-operator.io/api/v1alpha1"
	"tcp-operator.io/cmd/kubectl-tcp/cluster"
	"tcp-operator.io/topology"
)

// resource is the TcpServer or the TcpClient that a user named. Exactly one of
// the two is set.
type resource struct {
	server *v1alpha1.TcpServer
	client *v1alpha1.TcpClient
}

func (r resource) key() topology.Key {
	if r.server != nil {
		return topology.ServerKey(r.server.Namespace, r.server.Name)
	}
	return topology.ClientKey(r.client.Namespace, r.client.Name)
}

func (r resource) conditions() []metav1.Condition {
	if r.server != nil {
		return r.server.Status.Conditions
	}
	return r.client.Status.Conditions
}

// kinds by what kubectl calls them.
var kinds = map[string]string{
	"tcpserver": "server", "tcpservers": "server", "tcps": "server", "server": "server",
	"tcpclient": "client", "tcpclients": "client", "tcpc": "client", "client": "client",
}

// find reads the resource that an argument names: NAME, or KIND/NAME.
func find(ctx context.Context, c *cluster.Cluster, namespace, argument string) (resource, error) {
	kind, name, qualified := strings.Cut(argument, "/")
	if !qualified {
		kind, name = "", argument
	} else if kinds[strings.ToLower(kind)] == "" {
		return resource{}, fmt.Errorf("kind %q is not known: write tcpserver/%s or tcpclient/%s", kind, name, name)
	}
	var r resource
	if kinds[strings.ToLower(kind)] != "client" {
		server, found, err := c.Server(ctx, namespace, name)
		if err != nil {
			return resource{}, err
		}
		if found {
			r.server = server
			return r, nil
		}
	}
	if kinds[strings.ToLower(kind)] != "server" {
		tcpClient, found, err := c.Client(ctx, namespace, name)
		if err != nil {
			return resource{}, err
		}
		if found {
			r.client = tcpClient
			return r, nil
		}
	}
	return resource{}, fmt.Errorf("there is no TcpServer and no TcpClient %q in namespace %q: see kubectl tcp topology -A", name, namespace)
}

// complete offers the names of both kinds.
func (o *options) complete(c *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	const none = cobra.ShellCompDirectiveNoFileComp
	if len(args) > 0 {
		return nil, none
	}
	namespace, err := o.namespace()
	if err != nil {
		return nil, none
	}
	from, err := o.cluster()
	if err != nil {
		return nil, none
	}
	servers, clients, err := from.Resources(c.Context(), namespace)
	if err != nil {
		return nil, none
	}
	var names []string
	for i := range servers {
		names = append(names, servers[i].Name)
	}
	for i := range clients {
		names = append(names, clients[i].Name)
	}
	return names, none
}
