package v1alpha1

import corev1 "k8s.io/api/core/v1"

// Pod says where and how the pods run. It is a choice of the pod template's
// fields: what is left out is the operator's to decide.
type Pod struct {
	// resources of the workload's container. Empty requests 10m CPU and 32Mi
	// memory, and limits memory to 256Mi.
	// +optional
	// +kubebuilder:validation:XValidation:rule="!has(self.claims)",message="are not offered, as the pods claim no devices: remove resources.claims",reason=FieldValueForbidden,fieldPath=".claims"
	Resources corev1.ResourceRequirements `json:"resources,omitzero"`
	// nodeSelector picks nodes by label.
	// +optional
	// +kubebuilder:validation:MaxProperties=32
	NodeSelector map[string]LabelValue `json:"nodeSelector,omitempty"`
	// tolerations of node taints.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=32
	Tolerations []corev1.Toleration `json:"tolerations,omitempty"`
	// affinity to nodes and other pods.
	// +optional
	Affinity *corev1.Affinity `json:"affinity,omitempty"`
	// topologySpreadConstraints spread the pods; without a labelSelector, one
	// counts the pods of this resource. Empty spreads them over nodes where
	// that is possible.
	// +optional
	// +listType=map
	// +listMapKey=topologyKey
	// +listMapKey=whenUnsatisfiable
	// +kubebuilder:validation:MaxItems=8
	TopologySpreadConstraints []corev1.TopologySpreadConstraint `json:"topologySpreadConstraints,omitempty"`
	// labels added to the pods. Keys under tcp-operator.io/ and
	// app.kubernetes.io/ are the operator's.
	// +optional
	// +kubebuilder:validation:MaxProperties=32
	// +kubebuilder:validation:XValidation:rule="self.all(k, !k.startsWith('tcp-operator.io/') && !k.startsWith('app.kubernetes.io/'))",message="keys under tcp-operator.io/ and app.kubernetes.io/ are set by the operator: choose another prefix",reason=FieldValueForbidden
	Labels map[string]LabelValue `json:"labels,omitempty"`
	// annotations added to the pods. Keys under tcp-operator.io/ are the
	// operator's, and those that would choose an AppArmor profile are refused:
	// pods have the runtime's.
	// +optional
	// +kubebuilder:validation:MaxProperties=32
	// +kubebuilder:validation:XValidation:rule="self.all(k, !k.startsWith('tcp-operator.io/'))",message="keys under tcp-operator.io/ are set by the operator: choose another prefix",reason=FieldValueForbidden
	// +kubebuilder:validation:XValidation:rule="self.all(k, !k.startsWith('container.apparmor.security.beta.kubernetes.io/'))",message="keys under container.apparmor.security.beta.kubernetes.io/ would change the AppArmor profile, which is the runtime's: remove them",reason=FieldValueForbidden
	Annotations map[string]AnnotationValue `json:"annotations,omitempty"`
	// priorityClassName of the pods.
	// +optional
	// +kubebuilder:validation:MaxLength=253
	PriorityClassName string `json:"priorityClassName,omitempty"`
	// imagePullSecrets name Secrets of the namespace.
	// +optional
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MaxItems=8
	ImagePullSecrets []LocalReference `json:"imagePullSecrets,omitempty"`
	// serviceAccountName the pods run as; its token is not mounted.
	// +optional
	// +kubebuilder:validation:MaxLength=253
	ServiceAccountName string `json:"serviceAccountName,omitempty"`
}

// LabelValue is the value of a label.
// +kubebuilder:validation:MaxLength=63
type LabelValue string

// AnnotationValue is the value of an annotation.
// +kubebuilder:validation:MaxLength=4096
type AnnotationValue string

// LocalReference names an object of the same namespace.
type LocalReference struct {
	// name of the object.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	Name string `json:"name"`
}
