package desired

import (
	"encoding/json"
	"net/netip"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/intstr"
	metav1ac "k8s.io/client-go/applyconfigurations/meta/v1"
	networkingv1ac "k8s.io/client-go/applyconfigurations/networking/v1"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tcp-operator.io/api/v1alpha1"
)

// serverNetworkPolicy admits the server's port from chosen peers, and the
// admin port from the operator; nil when the spec asks for none.
func serverNetworkPolicy(cr *v1alpha1.TcpServer, defaults Defaults) *networkingv1ac.NetworkPolicyApplyConfiguration {
	want := cr.Spec.NetworkPolicy
	if want.Mode != v1alpha1.NetworkPolicyRestrict {
		return nil
	}
	from := peers(want.From)
	if len(from) == 0 {
		from = peersOf(podsOf(metav1.LabelSelector{MatchLabels: map[string]string{KindLabel: v1alpha1.ClientKind.Kind}}))
	}
	return networkPolicy(v1alpha1.ServerKind, cr, networkingv1ac.NetworkPolicySpec().
		WithPolicyTypes(networkingv1.PolicyTypeIngress).
		WithIngress(
			networkingv1ac.NetworkPolicyIngressRule().WithPorts(tcpPort(intstr.FromString(TCPPortName))).WithFrom(from...),
			adminRule(want.AdminFrom, defaults)))
}

// clientNetworkPolicy lets the pods reach their target and DNS and nothing
// else, and admits the admin port from the operator; nil when the spec asks
// for none.
func clientNetworkPolicy(cr *v1alpha1.TcpClient, defaults Defaults) *networkingv1ac.NetworkPolicyApplyConfiguration {
	want := cr.Spec.NetworkPolicy
	if want.Mode != v1alpha1.NetworkPolicyRestrict {
		return nil
	}
	return networkPolicy(v1alpha1.ClientKind, cr, networkingv1ac.NetworkPolicySpec().
		WithPolicyTypes(networkingv1.PolicyTypeIngress, networkingv1.PolicyTypeEgress).
		WithIngress(adminRule(want.AdminFrom, defaults)).
		WithEgress(
			networkingv1ac.NetworkPolicyEgressRule().WithPorts(
				port(corev1.ProtocolUDP, intstr.FromInt32(dnsPort)),
				port(corev1.ProtocolTCP, intstr.FromInt32(dnsPort))),
			targetRule(cr)))
}

const dnsPort = 53

// targetRule reaches what spec names. A host name cannot be said in a
// NetworkPolicy: then only the port is restricted.
func targetRule(cr *v1alpha1.TcpClient) *networkingv1ac.NetworkPolicyEgressRuleApplyConfiguration {
	rule := networkingv1ac.NetworkPolicyEgressRule()
	if ref := cr.Spec.ServerRef; ref != nil {
		// The port of the pods, not of the Service: policies see traffic that
		// has already been directed to a pod.
		return rule.WithPorts(tcpPort(intstr.FromString(TCPPortName))).
			WithTo(peersOf(podsOf(metav1.LabelSelector{MatchLabels: Selector(v1alpha1.ServerKind, ref.Name)}))...)
	}
	rule.WithPorts(tcpPort(intstr.FromInt32(cr.Spec.Address.Port)))
	if ip, err := netip.ParseAddr(cr.Spec.Address.Host); err == nil {
		block := netip.PrefixFrom(ip.WithZone(""), ip.BitLen()).String()
		rule.WithTo(networkingv1ac.NetworkPolicyPeer().WithIPBlock(networkingv1ac.IPBlock().WithCIDR(block)))
	}
	return rule
}

// adminRule admits probes and metrics from the operator and from more. Where
// the operator does not know its own namespace it runs outside the cluster,
// with an address that nobody can tell.
func adminRule(more []networkingv1.NetworkPolicyPeer, defaults Defaults) *networkingv1ac.NetworkPolicyIngressRuleApplyConfiguration {
	rule := networkingv1ac.NetworkPolicyIngressRule().WithPorts(tcpPort(intstr.FromString(AdminPortName)))
	if defaults.OperatorNamespace == "" {
		return rule
	}
	operator := networkingv1.NetworkPolicyPeer{
		NamespaceSelector: &metav1.LabelSelector{MatchLabels: map[string]string{corev1.LabelMetadataName: defaults.OperatorNamespace}},
		PodSelector:       &metav1.LabelSelector{MatchLabels: map[string]string{appNameLabel: OperatorName}},
	}
	return rule.WithFrom(peers(append([]networkingv1.NetworkPolicyPeer{operator}, more...))...)
}

func networkPolicy(kind schema.GroupVersionKind, owner metav1.Object, spec *networkingv1ac.NetworkPolicySpecApplyConfiguration) *networkingv1ac.NetworkPolicyApplyConfiguration {
	return networkingv1ac.NetworkPolicy(owner.GetName(), owner.GetNamespace()).
		WithLabels(childLabels(kind, owner.GetName())).
		WithOwnerReferences(ownerReference(kind, owner)).
		WithSpec(spec.WithPodSelector(metav1ac.LabelSelector().WithMatchLabels(Selector(kind, owner.GetName()))))
}

func tcpPort(number intstr.IntOrString) *networkingv1ac.NetworkPolicyPortApplyConfiguration {
	return port(corev1.ProtocolTCP, number)
}

func port(protocol corev1.Protocol, number intstr.IntOrString) *networkingv1ac.NetworkPolicyPortApplyConfiguration {
	return networkingv1ac.NetworkPolicyPort().WithProtocol(protocol).WithPort(number)
}

func podsOf(selector metav1.LabelSelector) networkingv1.NetworkPolicyPeer {
	return networkingv1.NetworkPolicyPeer{PodSelector: &selector}
}

func peersOf(all ...networkingv1.NetworkPolicyPeer) []*networkingv1ac.NetworkPolicyPeerApplyConfiguration {
	return peers(all)
}

// peers copies the API's own type into an apply configuration, by way of
// JSON: both have the same fields.
func peers(all []networkingv1.NetworkPolicyPeer) []*networkingv1ac.NetworkPolicyPeerApplyConfiguration {
	text, err := json.Marshal(all)
	var out []*networkingv1ac.NetworkPolicyPeerApplyConfiguration
	if err == nil {
		err = json.Unmarshal(text, &out)
	}
	if err != nil {
		panic("peers are plain data: " + err.Error())
	}
	return out
}
