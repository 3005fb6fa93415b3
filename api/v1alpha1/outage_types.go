package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// Outage is a time in which one desired session was not established.
type Outage struct {
	// startTime is when the session was lost, or the first attempt failed.
	// +optional
	StartTime metav1.MicroTime `json:"startTime,omitzero"`
	// endTime is when a session was established again; absent while the
	// outage lasts.
	// +optional
	EndTime *metav1.MicroTime `json:"endTime,omitempty"`
	// durationMilliseconds from startTime to endTime; 0 while it lasts.
	// +optional
	DurationMilliseconds int64 `json:"durationMilliseconds,omitempty"`
	// phase in which it began: Resolve, Connect, Handshake or Session.
	// +optional
	// +kubebuilder:validation:MaxLength=32
	Phase string `json:"phase,omitempty"`
	// reason why it began, one of the close reasons in docs/workload.md.
	// +optional
	// +kubebuilder:validation:MaxLength=64
	Reason string `json:"reason,omitempty"`
	// closedBy is who ended the session first: Local, Peer or Network.
	// +optional
	// +kubebuilder:validation:MaxLength=32
	ClosedBy string `json:"closedBy,omitempty"`
	// pod that lost the session.
	// +optional
	// +kubebuilder:validation:MaxLength=253
	Pod string `json:"pod,omitempty"`
	// node that the pod runs on.
	// +optional
	// +kubebuilder:validation:MaxLength=253
	Node string `json:"node,omitempty"`
	// localAddress of the lost session, ip:port.
	// +optional
	// +kubebuilder:validation:MaxLength=64
	LocalAddress string `json:"localAddress,omitempty"`
	// remoteAddress of the lost session, ip:port.
	// +optional
	// +kubebuilder:validation:MaxLength=64
	RemoteAddress string `json:"remoteAddress,omitempty"`
	// sessionAgeSeconds is how long the lost session had lived.
	// +optional
	SessionAgeSeconds int64 `json:"sessionAgeSeconds,omitempty"`
	// attempts to connect since startTime.
	// +optional
	Attempts int64 `json:"attempts,omitempty"`
}
