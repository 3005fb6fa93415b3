package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// TcpServerSpec says what a server does. Everything has a default: an empty
// spec is the classic server.
// +kubebuilder:validation:XValidation:rule="!has(self.limits) || !has(self.limits.messageBytes) || (has(self.framing) && self.framing != 'None') || self.limits.messageBytes <= 65536",message="must be at most 65536 with framing None, as one read takes no more: lower it, or set framing to Line or LengthPrefixed",reason=FieldValueInvalid,fieldPath=".limits.messageBytes"
type TcpServerSpec struct {
	// replicas is the number of pods. `kubectl scale` and a
	// HorizontalPodAutoscaler act on it.
	// +optional
	// +kubebuilder:default=1
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=1000
	Replicas *int32 `json:"replicas,omitempty"`
	// port that the pods listen on. 19527 is taken by the workload's probes.
	// +optional
	// +kubebuilder:default=9527
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=65535
	// +kubebuilder:validation:XValidation:rule="self != 19527",message="19527 is where the workload serves its probes and metrics: choose another port",reason=FieldValueInvalid
	Port int32 `json:"port,omitempty"`
	// bindAddress is the address of the pod to listen on; empty listens on
	// all, IPv4 and IPv6.
	// +optional
	BindAddress BindAddress `json:"bindAddress,omitempty"`
	// backlog is how many connections may wait to be accepted: the argument
	// of listen(2), which the kernel caps at net.core.somaxconn.
	// +optional
	// +kubebuilder:default=50
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=65535
	Backlog int32 `json:"backlog,omitempty"`
	// greeting is sent on connect; empty sends none. It may contain {time},
	// {session}, {sequence}, {pod} and {peer}.
	// +optional
	Greeting Text `json:"greeting,omitempty"`
	// reply says how a message is answered.
	// +optional
	// +kubebuilder:default={}
	Reply ServerReply `json:"reply,omitzero"`
	// framing says how bytes become messages.
	// +optional
	// +kubebuilder:default=None
	Framing Framing `json:"framing,omitempty"`
	// limits bound what sessions may cost.
	// +optional
	// +kubebuilder:default={}
	Limits ServerLimits `json:"limits,omitzero"`
	// tcp are options of the sockets.
	// +optional
	// +kubebuilder:default={}
	TCP TCP `json:"tcp,omitzero"`
	// tls makes the server speak TLS; left out, it is plain TCP.
	// +optional
	TLS *ServerTLS `json:"tls,omitempty"`
	// service is how the server is reached.
	// +optional
	// +kubebuilder:default={}
	Service Service `json:"service,omitzero"`
	// networkPolicy restricts who may reach the pods.
	// +optional
	// +kubebuilder:default={}
	NetworkPolicy ServerNetworkPolicy `json:"networkPolicy,omitzero"`
	// pod says where and how the pods run.
	// +optional
	Pod Pod `json:"pod,omitzero"`
}

// ServerReply says how the server answers a message.
type ServerReply struct {
	// delay between a message and its reply. Delays overlap: messages at 0 s,
	// 1 s and 2 s are answered at 5 s, 6 s and 7 s.
	// +optional
	// +kubebuilder:default="5s"
	// +kubebuilder:validation:XValidation:rule="!self.matches('^([0-9]{1,5}(h|m|s|ms)){1,4}$') || duration(self) <= duration('1h')",message="must be at most 1h",reason=FieldValueInvalid
	Delay Duration `json:"delay,omitempty"`
	// text of the reply; empty sends none. {time} is when the message was
	// received.
	// +optional
	// +kubebuilder:default="response from the server {time}"
	Text *Text `json:"text,omitempty"`
	// exceptionText answers a message that is not UTF-8; empty sends none.
	// +optional
	// +kubebuilder:default="server exception {time}"
	ExceptionText *Text `json:"exceptionText,omitempty"`
}

// ServerLimits bound what sessions may cost a server.
type ServerLimits struct {
	// sessions is how many may be open in each pod; one more is closed at
	// once and counted as rejected.
	// +optional
	// +kubebuilder:default=10000
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=100000
	Sessions int32 `json:"sessions,omitempty"`
	// +optional
	SessionLimits `json:",inline"`
}

// SessionLimits bound what one session may cost.
type SessionLimits struct {
	// messageBytes is the size of the largest message; a larger one ends the
	// session. With framing None it is the size of one read, at most 65536.
	// +optional
	// +kubebuilder:default=65536
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=1048576
	MessageBytes int32 `json:"messageBytes,omitempty"`
	// pendingReplies is how many replies of one session may await their delay.
	// At that number reading stops until one was sent; nothing is dropped.
	// +optional
	// +kubebuilder:default=128
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=65536
	PendingReplies int32 `json:"pendingReplies,omitempty"`
	// idleTimeout ends a session without traffic; 0s never does.
	// +optional
	// +kubebuilder:default="0s"
	IdleTimeout Duration `json:"idleTimeout,omitempty"`
	// messageTimeout bounds the time from a framed message's first byte to its
	// last; 0s sets no bound. Framing None ignores it.
	// +optional
	// +kubebuilder:default="30s"
	MessageTimeout Duration `json:"messageTimeout,omitempty"`
	// writeTimeout ends a session whose peer does not read; 0s never does.
	// +optional
	// +kubebuilder:default="10s"
	WriteTimeout Duration `json:"writeTimeout,omitempty"`
}

// TcpServerStatus is what was seen of a server.
type TcpServerStatus struct {
	// conditions: Ready, Accepted and Available always; Reconciling and
	// Stalled only while True.
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
	// readyReplicas is the number of pods that listen.
	// +optional
	// +kubebuilder:default=0
	ReadyReplicas int32 `json:"readyReplicas"`
	// selector of the pods, for the scale subresource.
	// +optional
	// +kubebuilder:validation:MaxLength=512
	Selector string `json:"selector,omitempty"`
	// address inside the cluster, host:port.
	// +optional
	// +kubebuilder:validation:MaxLength=512
	Address string `json:"address,omitempty"`
	// externalAddresses, host:port: of the load balancer, where there is one.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=16
	// +kubebuilder:validation:items:MaxLength=512
	ExternalAddresses []string `json:"externalAddresses,omitempty"`
	// nodePort of every node, where the Service has one.
	// +optional
	NodePort int32 `json:"nodePort,omitempty"`
	// sessions of all pods.
	// +optional
	// +kubebuilder:default={}
	Sessions ServerSessionsStatus `json:"sessions,omitempty"`
	// messages of all pods.
	// +optional
	// +kubebuilder:default={}
	Messages MessagesStatus `json:"messages,omitempty"`
	// observedTime is when the pods said so.
	// +optional
	ObservedTime *metav1.Time `json:"observedTime,omitempty"`
}

// ServerSessionsStatus counts sessions, summed over the pods that run now.
type ServerSessionsStatus struct {
	// open now.
	// +optional
	// +kubebuilder:default=0
	Open int64 `json:"open"`
	// accepted since the pods' start.
	// +optional
	// +kubebuilder:default=0
	Accepted int64 `json:"accepted"`
	// rejected since the pods' start because of limits.sessions.
	// +optional
	// +kubebuilder:default=0
	Rejected int64 `json:"rejected"`
}

// TcpServer is a TCP server: it listens, greets, and answers every message
// after a delay.
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:subresource:scale:specpath=.spec.replicas,statuspath=.status.replicas,selectorpath=.status.selector
// +kubebuilder:resource:shortName=tcps,categories=tcp
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Reason",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name="Replicas",type=integer,JSONPath=`.status.readyReplicas`
// +kubebuilder:printcolumn:name="Sessions",type=integer,JSONPath=`.status.sessions.open`
// +kubebuilder:printcolumn:name="Accepted",type=integer,JSONPath=`.status.sessions.accepted`,priority=1
// +kubebuilder:printcolumn:name="Received",type=integer,JSONPath=`.status.messages.received`,priority=1
// +kubebuilder:printcolumn:name="Sent",type=integer,JSONPath=`.status.messages.sent`,priority=1
// +kubebuilder:printcolumn:name="Address",type=string,JSONPath=`.status.address`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:validation:XValidation:rule="self.metadata.name.matches('^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$')",message="metadata.name must be a DNS label, as it names the Service: at most 63 lower-case letters, digits and dashes, beginning with a letter",reason=FieldValueInvalid
type TcpServer struct {
	metav1.TypeMeta `json:",inline"`
	// +optional
	metav1.ObjectMeta `json:"metadata,omitzero"`
	// spec is what the user wants.
	// +optional
	// +kubebuilder:default={}
	Spec TcpServerSpec `json:"spec,omitzero"`
	// status is what the operator saw.
	// +optional
	// +kubebuilder:default={"observedGeneration":-1}
	Status TcpServerStatus `json:"status,omitzero"`
}

// TcpServerList is a list of TcpServers.
// +kubebuilder:object:root=true
type TcpServerList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitzero"`
	Items           []TcpServer `json:"items"`
}
