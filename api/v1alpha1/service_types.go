package v1alpha1

// Service is how a server is reached. Its fields are those of a Kubernetes
// Service; what is left out has the cluster's default.
// +kubebuilder:validation:XValidation:rule="!has(self.nodePort) || self.type in ['NodePort', 'LoadBalancer']",message="needs type NodePort or LoadBalancer: set service.type or remove service.nodePort",reason=FieldValueForbidden,fieldPath=".nodePort"
// +kubebuilder:validation:XValidation:rule="!has(self.externalTrafficPolicy) || self.type in ['NodePort', 'LoadBalancer']",message="needs type NodePort or LoadBalancer: set service.type or remove service.externalTrafficPolicy",reason=FieldValueForbidden,fieldPath=".externalTrafficPolicy"
// +kubebuilder:validation:XValidation:rule="!has(self.loadBalancerClass) || self.type == 'LoadBalancer'",message="needs type LoadBalancer: set service.type or remove service.loadBalancerClass",reason=FieldValueForbidden,fieldPath=".loadBalancerClass"
// +kubebuilder:validation:XValidation:rule="self.type != 'LoadBalancer' || oldSelf.type != 'LoadBalancer' || has(self.loadBalancerClass) == has(oldSelf.loadBalancerClass) && (!has(self.loadBalancerClass) || self.loadBalancerClass == oldSelf.loadBalancerClass)",message="cannot change while type is LoadBalancer, as in any Service: set service.type to ClusterIP first",reason=FieldValueForbidden,fieldPath=".loadBalancerClass"
type Service struct {
	// type of the Service.
	// +optional
	// +kubebuilder:default=ClusterIP
	// +kubebuilder:validation:Enum=ClusterIP;NodePort;LoadBalancer
	Type string `json:"type,omitempty"`
	// port of the Service; the pods listen on spec.port.
	// +optional
	// +kubebuilder:default=9527
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=65535
	Port int32 `json:"port,omitempty"`
	// nodePort is the port of every node; left out, the cluster picks one.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=65535
	NodePort int32 `json:"nodePort,omitempty"`
	// annotations of the Service, which load balancers read.
	// +optional
	// +kubebuilder:validation:MaxProperties=32
	Annotations map[string]AnnotationValue `json:"annotations,omitempty"`
	// labels of the Service. Keys under tcp-operator.io/ and
	// app.kubernetes.io/ are the operator's.
	// +optional
	// +kubebuilder:validation:MaxProperties=32
	// +kubebuilder:validation:XValidation:rule="self.all(k, !k.startsWith('tcp-operator.io/') && !k.startsWith('app.kubernetes.io/'))",message="keys under tcp-operator.io/ and app.kubernetes.io/ are set by the operator: choose another prefix",reason=FieldValueForbidden
	Labels map[string]LabelValue `json:"labels,omitempty"`
	// externalTrafficPolicy Local keeps the peer's address, and reaches only
	// pods of the node that was asked.
	// +optional
	// +kubebuilder:validation:Enum=Cluster;Local
	ExternalTrafficPolicy string `json:"externalTrafficPolicy,omitempty"`
	// internalTrafficPolicy Local reaches only pods of the peer's own node.
	// +optional
	// +kubebuilder:validation:Enum=Cluster;Local
	InternalTrafficPolicy string `json:"internalTrafficPolicy,omitempty"`
	// sessionAffinity ClientIP sends a peer's sessions to one pod.
	// +optional
	// +kubebuilder:validation:Enum=None;ClientIP
	SessionAffinity string `json:"sessionAffinity,omitempty"`
	// ipFamilyPolicy says whether the Service has one IP family or two.
	// +optional
	// +kubebuilder:validation:Enum=SingleStack;PreferDualStack;RequireDualStack
	IPFamilyPolicy string `json:"ipFamilyPolicy,omitempty"`
	// ipFamilies in order of preference.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=2
	// +kubebuilder:validation:items:Enum=IPv4;IPv6
	IPFamilies []string `json:"ipFamilies,omitempty"`
	// loadBalancerClass picks the load balancer's implementation.
	// +optional
	// +kubebuilder:validation:MaxLength=253
	LoadBalancerClass string `json:"loadBalancerClass,omitempty"`
}
