package v1alpha1

// Duration is a time span in the form of Gateway API's GEP-2257, such as
// 500ms, 5s, 1m30s or 1h. It is a string, so that nothing re-renders what the
// user wrote.
// +kubebuilder:validation:MaxLength=32
// +kubebuilder:validation:XValidation:rule="self.matches('^([0-9]{1,5}(h|m|s|ms)){1,4}$') && duration(self) <= duration('99999h')",message="must be a duration such as 500ms, 5s, 1m30s or 1h",reason=FieldValueInvalid
type Duration string

// BindAddress is an IP address of the pod, or empty.
// +kubebuilder:validation:MaxLength=45
// +kubebuilder:validation:XValidation:rule="self.size() == 0 || isIP(self)",message="must be an IP address such as 10.0.0.7 or fd00::7, or empty",reason=FieldValueInvalid
type BindAddress string

// Text is a message to send. {time}, {session}, {sequence}, {pod} and {peer}
// stand for the moment the answered message was received, the session's short
// id, the message's number in the session, the pod's name and the peer's
// address; everything else is sent as it is.
// +kubebuilder:validation:MaxLength=1024
type Text string

// Framing says how bytes become messages: None takes what one read returns
// (at most 65536 bytes), Line ends a message at LF or CRLF, LengthPrefixed
// puts 4 bytes with the length before it, big-endian.
// +kubebuilder:validation:Enum=None;Line;LengthPrefixed
type Framing string

// Toggle switches something.
// +kubebuilder:validation:Enum=Enabled;Disabled
type Toggle string

// The values of Toggle.
const (
	Enabled  Toggle = "Enabled"
	Disabled Toggle = "Disabled"
)

// TCP are options of the sockets.
type TCP struct {
	// nagle Disabled sends small messages at once (TCP_NODELAY); Enabled lets
	// the kernel gather them.
	// +optional
	// +kubebuilder:default=Disabled
	Nagle Toggle `json:"nagle,omitempty"`
	// keepAlive probes idle sessions, so that a peer that is gone without a
	// word is noticed.
	// +optional
	// +kubebuilder:default={}
	KeepAlive KeepAlive `json:"keepAlive,omitzero"`
	// userTimeout is how long sent data may stay unacknowledged before the
	// session ends (TCP_USER_TIMEOUT); 0s leaves it to the kernel.
	// +optional
	// +kubebuilder:default="0s"
	UserTimeout Duration `json:"userTimeout,omitempty"`
}

// KeepAlive is TCP's own keep-alive (RFC 9293, 3.8.4), off unless asked for.
type KeepAlive struct {
	// mode switches keep-alive.
	// +optional
	// +kubebuilder:default=Disabled
	Mode Toggle `json:"mode,omitempty"`
	// idle is the time without traffic before the first probe (TCP_KEEPIDLE).
	// +optional
	// +kubebuilder:default="15s"
	// +kubebuilder:validation:XValidation:rule="!self.matches('^([0-9]{1,5}(h|m|s|ms)){1,4}$') || (duration(self) >= duration('1s') && duration(self) <= duration('32767s'))",message="must be between 1s and 32767s, the kernel's own limits",reason=FieldValueInvalid
	Idle Duration `json:"idle,omitempty"`
	// interval is the time between probes (TCP_KEEPINTVL).
	// +optional
	// +kubebuilder:default="15s"
	// +kubebuilder:validation:XValidation:rule="!self.matches('^([0-9]{1,5}(h|m|s|ms)){1,4}$') || (duration(self) >= duration('1s') && duration(self) <= duration('32767s'))",message="must be between 1s and 32767s, the kernel's own limits",reason=FieldValueInvalid
	Interval Duration `json:"interval,omitempty"`
	// count is how many probes may go unanswered (TCP_KEEPCNT).
	// +optional
	// +kubebuilder:default=9
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=127
	Count int32 `json:"count,omitempty"`
}

// MessagesStatus counts messages, summed over the pods that run now, each
// since its start.
type MessagesStatus struct {
	// received messages.
	// +optional
	// +kubebuilder:default=0
	Received int64 `json:"received"`
	// sent messages: greetings, replies and exceptions.
	// +optional
	// +kubebuilder:default=0
	Sent int64 `json:"sent"`
	// exceptions are received messages that were not UTF-8.
	// +optional
	// +kubebuilder:default=0
	Exceptions int64 `json:"exceptions"`
}
