package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// TcpClientSpec says what a client does. Its target must be named; everything
// else has a default.
// +kubebuilder:validation:ExactlyOneOf=serverRef;address
// +kubebuilder:validation:XValidation:rule="!has(self.limits) || !has(self.limits.messageBytes) || (has(self.framing) && self.framing != 'None') || self.limits.messageBytes <= 65536",message="must be at most 65536 with framing None, as one read takes no more: lower it, or set framing to Line or LengthPrefixed",reason=FieldValueInvalid,fieldPath=".limits.messageBytes"
type TcpClientSpec struct {
	// serverRef names a TcpServer of the same namespace to hold sessions with.
	// It may be created later: the client waits for it.
	// +optional
	ServerRef *ServerReference `json:"serverRef,omitempty"`
	// address is any TCP server to hold sessions with.
	// +optional
	Address *Address `json:"address,omitempty"`
	// replicas is the number of pods. `kubectl scale` acts on it.
	// +optional
	// +kubebuilder:default=1
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=1000
	Replicas *int32 `json:"replicas,omitempty"`
	// sessions that each pod holds.
	// +optional
	// +kubebuilder:default=1
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=10000
	Sessions int32 `json:"sessions,omitempty"`
	// connect governs an attempt to establish a session.
	// +optional
	// +kubebuilder:default={}
	Connect Connect `json:"connect,omitzero"`
	// greeting is sent on connect; empty sends none. It may contain {time},
	// {session}, {sequence}, {pod} and {peer}.
	// +optional
	// +kubebuilder:default="Hello server, I am the client {time}"
	Greeting *Text `json:"greeting,omitempty"`
	// reply says how a message is answered.
	// +optional
	// +kubebuilder:default={}
	Reply ClientReply `json:"reply,omitzero"`
	// reconnect is the delay before the next attempt, after a session was lost
	// or an attempt failed.
	// +optional
	// +kubebuilder:default={}
	Reconnect Reconnect `json:"reconnect,omitzero"`
	// framing says how bytes become messages.
	// +optional
	// +kubebuilder:default=None
	Framing Framing `json:"framing,omitempty"`
	// limits bound what a session may cost.
	// +optional
	// +kubebuilder:default={}
	Limits SessionLimits `json:"limits,omitzero"`
	// tcp are options of the sockets.
	// +optional
	// +kubebuilder:default={}
	TCP TCP `json:"tcp,omitzero"`
	// tls makes the client speak TLS; left out, it is plain TCP.
	// +optional
	TLS *ClientTLS `json:"tls,omitempty"`
	// expect is what is demanded of the sessions. While it does not hold, the
	// client and its pods are not ready.
	// +optional
	// +kubebuilder:default={}
	Expect Expect `json:"expect,omitzero"`
	// networkPolicy restricts what the pods may reach.
	// +optional
	// +kubebuilder:default={}
	NetworkPolicy NetworkPolicy `json:"networkPolicy,omitzero"`
	// pod says where and how the pods run.
	// +optional
	Pod Pod `json:"pod,omitzero"`
}

// ServerReference names a TcpServer of the same namespace.
type ServerReference struct {
	// name of the TcpServer.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	Name string `json:"name"`
}

// Address is a TCP server.
type Address struct {
	// host is a name, resolved anew for each attempt, or an IP address.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule="isIP(self) || self.matches('^[A-Za-z0-9_]([A-Za-z0-9._-]*[A-Za-z0-9_])?[.]?$')",message="must be a host name or an IP address, without brackets or port: the port goes into address.port",reason=FieldValueInvalid
	Host string `json:"host"`
	// port of the server.
	// +required
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=65535
	Port int32 `json:"port"`
}

// Connect governs an attempt to establish a session.
type Connect struct {
	// timeout is one deadline over name resolution and connect together.
	// +optional
	// +kubebuilder:default="30s"
	// +kubebuilder:validation:XValidation:rule="!self.matches('^([0-9]{1,5}(h|m|s|ms)){1,4}$') || duration(self) > duration('0s')",message="must be longer than 0s: every attempt needs a deadline",reason=FieldValueInvalid
	Timeout Duration `json:"timeout,omitempty"`
	// bindAddress is the pod's address to connect from; empty lets the kernel
	// choose.
	// +optional
	BindAddress BindAddress `json:"bindAddress,omitempty"`
}

// ClientReply says how the client answers a message.
type ClientReply struct {
	// delay between a message and its reply. Delays overlap.
	// +optional
	// +kubebuilder:default="5s"
	// +kubebuilder:validation:XValidation:rule="!self.matches('^([0-9]{1,5}(h|m|s|ms)){1,4}$') || duration(self) <= duration('1h')",message="must be at most 1h",reason=FieldValueInvalid
	Delay Duration `json:"delay,omitempty"`
	// text of the reply; empty sends none. {time} is when the message was
	// received.
	// +optional
	// +kubebuilder:default="response from the client {time}"
	Text *Text `json:"text,omitempty"`
	// exceptionText answers a message that is not UTF-8; empty sends none.
	// +optional
	// +kubebuilder:default="client exception {time}"
	ExceptionText *Text `json:"exceptionText,omitempty"`
}

// Reconnect is the delay before the next attempt: initialDelay at first,
// doubled after each failure up to maxDelay.
// +kubebuilder:validation:XValidation:rule="!has(self.initialDelay) || !has(self.maxDelay) || [self.initialDelay, self.maxDelay].exists(d, !d.matches('^([0-9]{1,5}(h|m|s|ms)){1,4}$')) || duration(self.maxDelay) >= duration(self.initialDelay)",messageExpression="'must not be below initialDelay (' + self.initialDelay + '): raise maxDelay or lower initialDelay'",reason=FieldValueInvalid,fieldPath=".maxDelay"
type Reconnect struct {
	// initialDelay is the delay before the first attempt after a session.
	// +optional
	// +kubebuilder:default="30s"
	// +kubebuilder:validation:XValidation:rule="!self.matches('^([0-9]{1,5}(h|m|s|ms)){1,4}$') || duration(self) >= duration('10ms')",message="must be at least 10ms, so that a client never spins",reason=FieldValueInvalid
	InitialDelay Duration `json:"initialDelay,omitempty"`
	// maxDelay bounds the delay.
	// +optional
	// +kubebuilder:default="30s"
	MaxDelay Duration `json:"maxDelay,omitempty"`
	// jitterPercent shortens each delay by a random share of at most this
	// much, so that many clients do not return in one burst.
	// +optional
	// +kubebuilder:default=10
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=100
	JitterPercent *int32 `json:"jitterPercent,omitempty"`
}

// TcpClientStatus is what was seen of a client.
type TcpClientStatus struct {
	// conditions: Ready, Accepted, ResolvedRefs, Available, Connected and
	// ExpectationsMet always; Reconciling and Stalled only while True.
	// +optional
	// +listType=map
	// +listMapKey=type
	// +kubebuilder:validation:MaxItems=16
	Conditions []metav1.Condition `json:"conditions,omitempty"`
	// observedGeneration is the generation that this status describes; -1
	// means that the operator has not looked at the resource yet.
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`
	// replicas is the number of pods.
	// +optional
	// +kubebuilder:default=0
	Replicas int32 `json:"replicas"`
	// readyReplicas is the number of pods whose sessions are all established.
	// +optional
	// +kubebuilder:default=0
	ReadyReplicas int32 `json:"readyReplicas"`
	// selector of the pods, for the scale subresource.
	// +optional
	// +kubebuilder:validation:MaxLength=512
	Selector string `json:"selector,omitempty"`
	// target that the pods hold sessions with, host:port.
	// +optional
	// +kubebuilder:validation:MaxLength=512
	Target string `json:"target,omitempty"`
	// sessions of all pods.
	// +optional
	// +kubebuilder:default={}
	Sessions ClientSessionsStatus `json:"sessions,omitempty"`
	// messages of all pods.
	// +optional
	// +kubebuilder:default={}
	Messages MessagesStatus `json:"messages,omitempty"`
	// roundTrip is the time from a message sent to the next one received, as
	// measured: it contains the server's own reply delay.
	// +optional
	RoundTrip *RoundTripStatus `json:"roundTrip,omitempty"`
	// outages of all pods, newest first.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=10
	Outages []Outage `json:"outages,omitempty"`
	// observedTime is when the pods said so.
	// +optional
	ObservedTime *metav1.Time `json:"observedTime,omitempty"`
}

// ClientSessionsStatus counts sessions, summed over the pods that run now.
type ClientSessionsStatus struct {
	// desired by the spec: replicas times sessions.
	// +optional
	// +kubebuilder:default=0
	Desired int64 `json:"desired"`
	// established now.
	// +optional
	// +kubebuilder:default=0
	Established int64 `json:"established"`
	// opened since the pods' start.
	// +optional
	// +kubebuilder:default=0
	Opened int64 `json:"opened"`
	// lost since the pods' start.
	// +optional
	// +kubebuilder:default=0
	Lost int64 `json:"lost"`
}

// RoundTripStatus summarises round trips since the pods' start.
type RoundTripStatus struct {
	// p50Microseconds: half of the round trips took at most so long.
	// +optional
	P50Microseconds int64 `json:"p50Microseconds"`
	// p99Microseconds: 99 % of the round trips took at most so long.
	// +optional
	P99Microseconds int64 `json:"p99Microseconds"`
}

// TcpClient is a TCP client: it holds sessions with a server, answers every
// message after a delay, and connects again when a session ends.
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:subresource:scale:specpath=.spec.replicas,statuspath=.status.replicas,selectorpath=.status.selector
// +kubebuilder:resource:shortName=tcpc,categories=tcp
// +kubebuilder:selectablefield:JSONPath=`.spec.serverRef.name`
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Reason",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name="Sessions",type=integer,JSONPath=`.status.sessions.established`
// +kubebuilder:printcolumn:name="Desired",type=integer,JSONPath=`.status.sessions.desired`
// +kubebuilder:printcolumn:name="Lost",type=integer,JSONPath=`.status.sessions.lost`
// +kubebuilder:printcolumn:name="Received",type=integer,JSONPath=`.status.messages.received`,priority=1
// +kubebuilder:printcolumn:name="Sent",type=integer,JSONPath=`.status.messages.sent`,priority=1
// +kubebuilder:printcolumn:name="P99us",type=integer,JSONPath=`.status.roundTrip.p99Microseconds`,priority=1
// +kubebuilder:printcolumn:name="Target",type=string,JSONPath=`.status.target`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:validation:XValidation:rule="self.metadata.name.matches('^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$')",message="metadata.name must be a DNS label: at most 63 lower-case letters, digits and dashes, beginning with a letter",reason=FieldValueInvalid
type TcpClient struct {
	metav1.TypeMeta `json:",inline"`
	// +optional
	metav1.ObjectMeta `json:"metadata,omitzero"`
	// spec is what the user wants.
	// +required
	Spec TcpClientSpec `json:"spec"`
	// status is what the operator saw.
	// +optional
	// +kubebuilder:default={"observedGeneration":-1}
	Status TcpClientStatus `json:"status,omitzero"`
}

// TcpClientList is a list of TcpClients.
// +kubebuilder:object:root=true
type TcpClientList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitzero"`
	Items           []TcpClient `json:"items"`
}
