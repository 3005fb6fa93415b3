// Package topology is the picture of what runs: the servers, the clients, who
// holds sessions with whom, and how much passes between them. The page of the
// operator and the kubectl plugin are both drawn from it, so they cannot
// disagree. Its functions are pure.
package topology

import (
	"cmp"
	"net"
	"slices"
	"strings"
	"time"

	"tcp-operator.io/api/v1alpha1"
	"tcp-operator.io/workload/snapshot"
)

// Seen is what is known of the resources at one moment.
type Seen struct {
	Time    time.Time
	Servers []v1alpha1.TcpServer
	Clients []v1alpha1.TcpClient
	// Snapshots of the pods that answered, by their resource.
	Snapshots map[Key][]snapshot.Snapshot
	// Pods counts the pods of a resource, whether they answered or not. Where
	// it is missing, those of the resource's status are counted.
	Pods map[Key]int
}

// Key names a resource.
type Key struct {
	Kind      string `json:"kind"`
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
}

// ServerKey names a TcpServer.
func ServerKey(namespace, name string) Key {
	return Key{Kind: v1alpha1.ServerKind.Kind, Namespace: namespace, Name: name}
}

// ClientKey names a TcpClient.
func ClientKey(namespace, name string) Key {
	return Key{Kind: v1alpha1.ClientKind.Kind, Namespace: namespace, Name: name}
}

// Graph is the picture. A client has one target, so a Client is also the edge
// that leads to it.
type Graph struct {
	ObservedTime time.Time `json:"observedTime"`
	// Servers and Clients are in the order of namespace and name.
	Servers []Server `json:"servers"`
	Clients []Client `json:"clients"`
}

// Resource is what servers and clients have in common.
type Resource struct {
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
	Health    Health `json:"health"`
	// Reason and Message are those of the condition Ready.
	Reason    string `json:"reason"`
	Message   string `json:"message"`
	Pods      int32  `json:"pods"`
	ReadyPods int32  `json:"readyPods"`
	// Answered says of how many pods the numbers are sums.
	Answered *Answered `json:"answered,omitempty"`
	// Messages since the start of the pods that run now.
	Messages v1alpha1.MessagesStatus `json:"messages"`
	// Rate is nil until the pods have been asked twice.
	Rate *Rate `json:"rate,omitempty"`
}

// Answered tells whose numbers are summed up. Where no pod answered, numbers are
// those of the status; where some did, numbers are theirs and not the others'.
type Answered struct {
	Pods int `json:"pods"`
	Of   int `json:"of"`
}

// Server is a TcpServer.
type Server struct {
	Resource
	// Address inside the cluster, host:port.
	Address  string                        `json:"address"`
	Sessions v1alpha1.ServerSessionsStatus `json:"sessions"`
}

// Client is a TcpClient.
type Client struct {
	Resource
	// Target is the host:port it holds sessions with; empty before it is known.
	Target string `json:"target"`
	// Server is the TcpServer behind Target; nil where it is none of ours.
	Server *Key `json:"server,omitempty"`
	// Blocked means that the client expects its path to be blocked.
	Blocked   bool                          `json:"blocked"`
	Sessions  v1alpha1.ClientSessionsStatus `json:"sessions"`
	RoundTrip *v1alpha1.RoundTripStatus     `json:"roundTrip,omitempty"`
	// Outages are the newest, newest first.
	Outages []v1alpha1.Outage `json:"outages"`
}

// Draw makes the picture of what was seen. Counters come from the snapshots
// where pods answered, and from the status where none did: a status is up to
// 75 seconds old.
func Draw(seen Seen, meter *Meter) Graph {
	graph := Graph{ObservedTime: seen.Time, Servers: []Server{}, Clients: []Client{}}
	for i := range seen.Servers {
		graph.Servers = append(graph.Servers, drawServer(&seen.Servers[i], seen, meter))
	}
	behind := behindAddresses(seen.Servers)
	for i := range seen.Clients {
		graph.Clients = append(graph.Clients, drawClient(&seen.Clients[i], seen, behind, meter))
	}
	meter.EndRound()
	slices.SortFunc(graph.Servers, func(a, b Server) int { return a.compare(b.Resource) })
	slices.SortFunc(graph.Clients, func(a, b Client) int { return a.compare(b.Resource) })
	return graph
}

func (r Resource) compare(other Resource) int {
	return cmp.Or(cmp.Compare(r.Namespace, other.Namespace), cmp.Compare(r.Name, other.Name))
}

func drawServer(cr *v1alpha1.TcpServer, seen Seen, meter *Meter) Server {
	s := Server{
		Resource: Resource{Namespace: cr.Namespace, Name: cr.Name, Pods: cr.Status.Replicas, ReadyPods: cr.Status.ReadyReplicas,
			Messages: cr.Status.Messages},
		Address:  cr.Status.Address,
		Sessions: cr.Status.Sessions,
	}
	s.summarise(cr.Status.Conditions, cr.Status.ObservedGeneration, cr)
	if said := s.count(ServerKey(cr.Namespace, cr.Name), seen, meter); len(said) > 0 {
		s.Sessions = v1alpha1.ServerSessionsStatus{}
		for _, pod := range said {
			s.Sessions.Open += pod.Sessions.Open
			s.Sessions.Accepted += pod.Sessions.Opened
			s.Sessions.Rejected += pod.Sessions.Rejected
		}
	}
	return s
}

func drawClient(cr *v1alpha1.TcpClient, seen Seen, behind map[string]Key, meter *Meter) Client {
	c := Client{
		Resource: Resource{Namespace: cr.Namespace, Name: cr.Name, Pods: cr.Status.Replicas, ReadyPods: cr.Status.ReadyReplicas,
			Messages: cr.Status.Messages},
		Target:    cr.Status.Target,
		Server:    serverOf(cr, behind),
		Blocked:   cr.Spec.Expect.Connect == v1alpha1.PathBlocked,
		Sessions:  cr.Status.Sessions,
		RoundTrip: cr.Status.RoundTrip,
		Outages:   append([]v1alpha1.Outage{}, cr.Status.Outages...),
	}
	c.summarise(cr.Status.Conditions, cr.Status.ObservedGeneration, cr)
	if said := c.count(ClientKey(cr.Namespace, cr.Name), seen, meter); len(said) > 0 {
		c.Sessions = v1alpha1.ClientSessionsStatus{Desired: cr.Status.Sessions.Desired}
		for _, pod := range said {
			c.Sessions.Established += pod.Sessions.Open
			c.Sessions.Opened += pod.Sessions.Opened
			c.Sessions.Lost += pod.Sessions.Lost
		}
	}
	return c
}

// count sums up what the pods said, and returns it.
func (r *Resource) count(of Key, seen Seen, meter *Meter) []snapshot.Snapshot {
	said := seen.Snapshots[of]
	pods, known := seen.Pods[of]
	if !known {
		pods = int(r.Pods)
	}
	r.Answered = &Answered{Pods: len(said), Of: max(pods, len(said))}
	if len(said) == 0 {
		return nil
	}
	r.Messages = v1alpha1.MessagesStatus{}
	for _, pod := range said {
		r.Messages.Received += pod.Messages.Received
		r.Messages.Sent += pod.Messages.Sent
		r.Messages.Exceptions += pod.Messages.Exceptions
		if rate := meter.ReadOf(of, pod); rate != nil {
			r.Rate = r.Rate.plus(*rate)
		}
	}
	return said
}

// serverOf returns the TcpServer that a client holds sessions with: the one it
// refers to, or the one whose address it was given.
func serverOf(cr *v1alpha1.TcpClient, behind map[string]Key) *Key {
	if ref := cr.Spec.ServerRef; ref != nil {
		key := ServerKey(cr.Namespace, ref.Name)
		return &key
	}
	for _, address := range lookedUp(cr.Status.Target, cr.Namespace) {
		if key, ok := behind[address]; ok {
			return &key
		}
	}
	return nil
}

// clusterDomain is the usual one. In a cluster with another, a client that
// writes it out is taken to lead elsewhere.
const clusterDomain = "cluster.local"

// behindAddresses finds servers by every host:port that reaches them, names
// written out.
func behindAddresses(servers []v1alpha1.TcpServer) map[string]Key {
	behind := map[string]Key{}
	for i := range servers {
		key := ServerKey(servers[i].Namespace, servers[i].Name)
		for _, address := range append([]string{servers[i].Status.Address}, servers[i].Status.ExternalAddresses...) {
			host, port, err := net.SplitHostPort(strings.ToLower(address))
			if err != nil {
				continue // not known yet
			}
			if strings.HasSuffix(host, ".svc") {
				host += "." + clusterDomain
			}
			behind[net.JoinHostPort(strings.TrimSuffix(host, "."), port)] = key
		}
	}
	return behind
}

// lookedUp are the addresses that a target may stand for in a pod of the
// namespace, in the order of the search list that Kubernetes gives to pods. A
// dot at the end of a name means that it is written out.
func lookedUp(target, namespace string) []string {
	host, port, err := net.SplitHostPort(strings.ToLower(target))
	if err != nil {
		return nil // not known yet
	}
	if name, ok := strings.CutSuffix(host, "."); ok {
		return []string{net.JoinHostPort(name, port)}
	}
	var addresses []string
	for _, domain := range []string{"." + namespace + ".svc." + clusterDomain, ".svc." + clusterDomain, "." + clusterDomain, ""} {
		addresses = append(addresses, net.JoinHostPort(host+domain, port))
	}
	return addresses
}
