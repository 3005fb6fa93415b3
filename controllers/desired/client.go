package desired

import (
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	appsv1ac "k8s.io/client-go/applyconfigurations/apps/v1"
	networkingv1ac "k8s.io/client-go/applyconfigurations/networking/v1"
	policyv1ac "k8s.io/client-go/applyconfigurations/policy/v1"

	"tcp-operator.io/api/v1alpha1"
	"tcp-operator.io/controllers/fault"
	"tcp-operator.io/workload/spec"
)

// ClientChildren are the children of a TcpClient. One that is nil should not
// be.
type ClientChildren struct {
	NetworkPolicy    *networkingv1ac.NetworkPolicyApplyConfiguration
	DisruptionBudget *policyv1ac.PodDisruptionBudgetApplyConfiguration
	Deployment       *appsv1ac.DeploymentApplyConfiguration
}

// Client returns the children of cr, whose pods hold sessions with target, or
// a *fault.Invalid.
func Client(cr *v1alpha1.TcpClient, target spec.Address, defaults Defaults) (ClientChildren, error) {
	settings, err := clientSettings(cr.Spec, target)
	if err != nil {
		return ClientChildren{}, err
	}
	pods := workloadPod{
		secrets:    clientSecrets(cr.Spec.TLS),
		kind:       v1alpha1.ClientKind,
		owner:      cr,
		replicas:   Replicas(cr.Spec.Replicas),
		image:      defaults.WorkloadImage,
		role:       "client",
		settings:   render(settings),
		replyDelay: time.Duration(settings.Reply.Delay),
		// One: a lost session shows at once.
		readinessFailures: 1,
		pod:               cr.Spec.Pod,
	}
	return ClientChildren{
		NetworkPolicy:    clientNetworkPolicy(cr, defaults),
		DisruptionBudget: disruptionBudget(pods.kind, cr, pods.replicas),
		Deployment:       pods.deployment(),
	}, nil
}

// Target returns where cr's sessions should go. server is the TcpServer that
// serverRef names, nil when there is none; started tells whether cr's pods have
// been asked for.
//
// The first pods start when the server is ready, so that their first attempt
// succeeds. From then on they stay, whatever becomes of the server: losing it
// is what a client is there to notice. What it held sessions with is
// remembered in status.target. The error is a *fault.Waiting where there is
// nothing to hold sessions with yet.
func Target(cr *v1alpha1.TcpClient, server *v1alpha1.TcpServer, started bool) (spec.Address, error) {
	if a := cr.Spec.Address; a != nil {
		return spec.Address{Host: a.Host, Port: a.Port}, nil
	}
	if cr.Spec.ServerRef == nil {
		return spec.Address{}, &fault.Invalid{Reason: v1alpha1.ReasonInvalidSpec,
			Err: fmt.Errorf("spec: neither serverRef nor address is set: set one of them")}
	}
	name := cr.Spec.ServerRef.Name
	host := serverHost(cr.Namespace, name)
	if server == nil || !server.DeletionTimestamp.IsZero() {
		notFound := &fault.Waiting{Reason: v1alpha1.ReasonServerNotFound,
			Err: fmt.Errorf("there is no TcpServer %q in namespace %q: create it, or correct spec.serverRef.name", name, cr.Namespace)}
		return remembered(cr.Status.Target, host), notFound
	}
	target := spec.Address{Host: host, Port: server.Spec.Service.Port}
	if !started && !ready(server) {
		return spec.Address{}, &fault.Waiting{Reason: v1alpha1.ReasonServerNotReady,
			Err: fmt.Errorf("TcpServer %q is not ready yet: pods start once it is", name)}
	}
	return target, nil
}

// ServerAddress is where a TcpServer is reached inside the cluster, host:port.
func ServerAddress(cr *v1alpha1.TcpServer) string {
	return HostPort(spec.Address{Host: serverHost(cr.Namespace, cr.Name), Port: cr.Spec.Service.Port})
}

// HostPort writes a as host:port, an IPv6 address in brackets.
func HostPort(a spec.Address) string {
	return net.JoinHostPort(a.Host, strconv.Itoa(int(a.Port)))
}

// SameTarget tells whether two states of one server mean the same to its
// clients.
func SameTarget(a, b *v1alpha1.TcpServer) bool {
	return a.UID == b.UID && ServerAddress(a) == ServerAddress(b) && ready(a) == ready(b) &&
		a.DeletionTimestamp.IsZero() == b.DeletionTimestamp.IsZero()
}

func serverHost(namespace, name string) string {
	return strings.Join([]string{name, namespace, "svc"}, ".")
}

// remembered is the address in target if it is on host, else the zero address.
func remembered(target, host string) spec.Address {
	h, p, err := net.SplitHostPort(target)
	if err != nil || h != host {
		return spec.Address{}
	}
	port, err := strconv.ParseInt(p, 10, 32)
	if err != nil {
		return spec.Address{}
	}
	return spec.Address{Host: h, Port: int32(port)}
}

func ready(server *v1alpha1.TcpServer) bool {
	c := meta.FindStatusCondition(server.Status.Conditions, v1alpha1.ConditionReady)
	return c != nil && c.Status == "True" && c.ObservedGeneration == server.Generation
}
