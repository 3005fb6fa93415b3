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

var (
	serverKind = v1alpha1.ServerKind.Kind
	clientKind = v1alpha1.ClientKind.Kind
)

// kinds by what kubectl calls them.
var kinds = map[string]string{
	"tcpserver": serverKind, "tcpservers": serverKind, "tcps": serverKind, "server": serverKind,
	"tcpclient": clientKind, "tcpclients": clientKind, "tcpc": clientKind, "client": clientKind,
}

// parse reads NAME or KIND/NAME. The kind of a key without one may be either.
func parse(namespace, argument string) (topology.Key, error) {
	kind, name, qualified := strings.Cut(argument, "/")
	if !qualified {
		kind, name = "", argument
	}
	key := topology.Key{Kind: kinds[strings.ToLower(kind)], Namespace: namespace, Name: name}
	switch {
	case name == "":
		return key, fmt.Errorf("%q names no resource: write NAME, tcpserver/NAME or tcpclient/NAME", argument)
	case qualified && key.Kind == "":
		return key, fmt.Errorf("kind %q is not known: write tcpserver/%s or tcpclient/%s", kind, name, name)
	}
	return key, nil
}

// missing is the error that there is no such resource.
type missing struct{ key topology.Key }

func (m missing) Error() string {
	what := "no TcpServer and no TcpClient"
	if m.key.Kind != "" {
		what = "no " + m.key.Kind
	}
	return fmt.Sprintf("there is %s %q in namespace %q: see kubectl tcp topology -A", what, m.key.Name, m.key.Namespace)
}

// find reads the resource that a key names.
func find(ctx context.Context, c *cluster.Cluster, key topology.Key) (resource, error) {
	if key.Kind != clientKind {
		server, found, err := c.Server(ctx, key.Namespace, key.Name)
		if err != nil || found {
			return resource{server: server}, err
		}
	}
	if key.Kind != serverKind {
		tcpClient, found, err := c.Client(ctx, key.Namespace, key.Name)
		if err != nil || found {
			return resource{client: tcpClient}, err
		}
	}
	return resource{}, missing{key}
}

// named reads the resource that an argument names in a namespace.
func named(ctx context.Context, c *cluster.Cluster, namespace, argument string) (resource, error) {
	key, err := parse(namespace, argument)
	if err != nil {
		return resource{}, err
	}
	return find(ctx, c, key)
}

// complete offers the names of both kinds, or of the one that is written
// before a slash.
func (o *options) complete(c *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective) {
	const none = cobra.ShellCompDirectiveNoFileComp
	from, namespace, err := o.open()
	if len(args) > 0 || err != nil {
		return nil, none
	}
	servers, clients, err := from.Resources(c.Context(), namespace)
	if err != nil {
		return nil, none
	}
	kind, _, qualified := strings.Cut(begun, "/")
	prefix := ""
	if qualified {
		prefix = kind + "/"
	}
	var names []string
	for i := range servers {
		if !qualified || kinds[strings.ToLower(kind)] == serverKind {
			names = append(names, prefix+servers[i].Name)
		}
	}
	for i := range clients {
		if !qualified || kinds[strings.ToLower(kind)] == clientKind {
			names = append(names, prefix+clients[i].Name)
		}
	}
	return names, none
}
