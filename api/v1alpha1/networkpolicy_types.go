package v1alpha1

import networkingv1 "k8s.io/api/networking/v1"

// NetworkPolicyMode says whether a NetworkPolicy is made for the pods.
// +kubebuilder:validation:Enum=None;Restrict
type NetworkPolicyMode string

// The values of NetworkPolicyMode.
const (
	NetworkPolicyNone     NetworkPolicyMode = "None"
	NetworkPolicyRestrict NetworkPolicyMode = "Restrict"
)

// ServerNetworkPolicy restricts who may reach a server's pods. It needs a
// network plugin that enforces NetworkPolicies.
// +kubebuilder:validation:XValidation:rule="!has(self.from) || (has(self.mode) && self.mode == 'Restrict')",message="needs mode Restrict: set networkPolicy.mode or remove networkPolicy.from",reason=FieldValueForbidden,fieldPath=".from"
type ServerNetworkPolicy struct {
	NetworkPolicy `json:",inline"`
	// from are the peers that may reach the server's port. Left out, the
	// TcpClients of the namespace may.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=16
	From []networkingv1.NetworkPolicyPeer `json:"from,omitempty"`
}

// NetworkPolicy restricts a pod's traffic. It needs a network plugin that
// enforces NetworkPolicies.
// +kubebuilder:validation:XValidation:rule="!has(self.adminFrom) || (has(self.mode) && self.mode == 'Restrict')",message="needs mode Restrict: set networkPolicy.mode or remove networkPolicy.adminFrom",reason=FieldValueForbidden,fieldPath=".adminFrom"
type NetworkPolicy struct {
	// mode Restrict makes a NetworkPolicy: a server's pods admit their port
	// from chosen peers; a client's pods reach their target and DNS, and
	// nothing else. The operator may always read probes and metrics.
	// +optional
	// +kubebuilder:default=None
	Mode NetworkPolicyMode `json:"mode,omitempty"`
	// adminFrom are more peers that may read probes and metrics on port 19527,
	// such as Prometheus.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=16
	AdminFrom []networkingv1.NetworkPolicyPeer `json:"adminFrom,omitempty"`
}
