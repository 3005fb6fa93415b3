package security

import (
	"net/netip"
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// An end is a pod, or an address outside the cluster if it has no namespace.
type end struct {
	namespace string
	of        labels.Set // of the namespace
	labels    labels.Set
	address   string
	ports     map[string]int32 // by name
}

// policies are the NetworkPolicies of a cluster. They are judged as the API's
// reference says: a pod that no policy of a direction selects is open in it;
// else only what a rule of one of them allows is.
type policies []networkingv1.NetworkPolicy

// allow tells whether from reaches a port of to: its policies let it out, and
// those of to let it in.
func (all policies) allow(t *testing.T, from, to end, protocol corev1.Protocol, port int32) bool {
	t.Helper()
	out, in := true, true
	for i, p := range all.of(t, from, networkingv1.PolicyTypeEgress) {
		if i == 0 {
			out = false
		}
		for _, rule := range p.Spec.Egress {
			out = out || peersFit(t, p.Namespace, rule.To, to) && portsFit(rule.Ports, to, protocol, port)
		}
	}
	for i, p := range all.of(t, to, networkingv1.PolicyTypeIngress) {
		if i == 0 {
			in = false
		}
		for _, rule := range p.Spec.Ingress {
			in = in || peersFit(t, p.Namespace, rule.From, from) && portsFit(rule.Ports, to, protocol, port)
		}
	}
	return out && in
}

// of are the policies that select a pod in a direction.
func (all policies) of(t *testing.T, pod end, direction networkingv1.PolicyType) (found policies) {
	t.Helper()
	for _, p := range all {
		if p.Namespace == pod.namespace && slices.Contains(p.Spec.PolicyTypes, direction) && selects(t, &p.Spec.PodSelector, pod.labels) {
			found = append(found, p)
		}
	}
	return found
}

// peersFit tells whether a rule of a policy in namespace is about an end. No
// peers are all.
func peersFit(t *testing.T, namespace string, peers []networkingv1.NetworkPolicyPeer, e end) bool {
	t.Helper()
	return len(peers) == 0 || slices.ContainsFunc(peers, func(p networkingv1.NetworkPolicyPeer) bool {
		if p.IPBlock != nil {
			return inBlock(t, p.IPBlock, e.address)
		}
		if e.namespace == "" {
			return false
		}
		fits := e.namespace == namespace
		if p.NamespaceSelector != nil {
			fits = selects(t, p.NamespaceSelector, e.of)
		}
		return fits && (p.PodSelector == nil || selects(t, p.PodSelector, e.labels))
	})
}

func inBlock(t *testing.T, block *networkingv1.IPBlock, address string) bool {
	t.Helper()
	within := func(cidr string) bool {
		prefix, err := netip.ParsePrefix(cidr)
		if err != nil {
			t.Fatal(err)
		}
		return prefix.Contains(netip.MustParseAddr(address))
	}
	return within(block.CIDR) && !slices.ContainsFunc(block.Except, within)
}

func selects(t *testing.T, s *metav1.LabelSelector, set labels.Set) bool {
	t.Helper()
	selector, err := metav1.LabelSelectorAsSelector(s)
	if err != nil {
		t.Fatal(err)
	}
	return selector.Matches(set)
}

// portsFit tells whether a port of to is among those of a rule, of which none
// are all. A name is that of a port of the pod.
func portsFit(ports []networkingv1.NetworkPolicyPort, to end, protocol corev1.Protocol, port int32) bool {
	return len(ports) == 0 || slices.ContainsFunc(ports, func(p networkingv1.NetworkPolicyPort) bool {
		if p.Protocol != nil && *p.Protocol != protocol {
			return false
		}
		if p.Port == nil {
			return true
		}
		number := p.Port.IntVal
		if p.Port.Type == intstr.String {
			number = to.ports[p.Port.StrVal]
		}
		return number == port
	})
}
