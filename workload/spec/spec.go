package spec

// SettingsEnv is the environment variable in which the operator hands the
// workload its settings, as JSON of Server or Client.
const SettingsEnv = "TCP_WORKLOAD_SETTINGS"

// PodNameEnv and NodeNameEnv carry the pod's and the node's name (downward
// API). They are not settings: a pod template is the same for every pod.
const (
	PodNameEnv  = "POD_NAME"
	NodeNameEnv = "NODE_NAME"
)

// AdminPort is where every workload process serves its probes, metrics and
// snapshot.
const AdminPort = 19527

// Server says what one server process does. Use DefaultServer as the start:
// the zero value is not valid.
type Server struct {
	// Port to listen on, 1 to 65535.
	Port int32 `json:"port"`
	// BindAddress is an IP address of the host; empty means all addresses,
	// IPv4 and IPv6.
	BindAddress string `json:"bindAddress"`
	// Backlog is listen(2)'s argument: how many connections may wait to be
	// accepted. The kernel caps it at net.core.somaxconn.
	Backlog int32 `json:"backlog"`
	// Greeting is sent on connect; empty means none. May contain Placeholders.
	Greeting string       `json:"greeting"`
	Reply    Reply        `json:"reply"`
	Framing  Framing      `json:"framing"`
	Limits   ServerLimits `json:"limits"`
	TCP      TCP          `json:"tcp"`
	TLS      ServerTLS    `json:"tls"`
}

// Client says what one client process does. Use DefaultClient as the start
// and set Address.
type Client struct {
	// Address is the server to hold sessions with.
	Address Address `json:"address"`
	// Sessions that this process holds, each with its own state.
	Sessions int32   `json:"sessions"`
	Connect  Connect `json:"connect"`
	// Greeting is sent on connect; empty means none. May contain Placeholders.
	Greeting  string    `json:"greeting"`
	Reply     Reply     `json:"reply"`
	Reconnect Reconnect `json:"reconnect"`
	Framing   Framing   `json:"framing"`
	Limits    Limits    `json:"limits"`
	TCP       TCP       `json:"tcp"`
	TLS       ClientTLS `json:"tls"`
	Expect    Expect    `json:"expect"`
}

// Address is a host (a name, or an IP literal without brackets) and a port.
type Address struct {
	Host string `json:"host"`
	Port int32  `json:"port"`
}

// Connect governs one attempt to establish a session.
type Connect struct {
	// Timeout is one deadline over name resolution and connect together.
	Timeout Duration `json:"timeout"`
	// BindAddress is the local IP to connect from; empty lets the kernel choose.
	BindAddress string `json:"bindAddress"`
}

// Reply says how a message is answered.
type Reply struct {
	// Delay between receiving a message and sending its reply. Delays of
	// different messages overlap.
	Delay Duration `json:"delay"`
	// Text answers a message that is UTF-8; empty means that no reply is sent.
	// May contain Placeholders.
	Text string `json:"text"`
	// ExceptionText answers one that is not; empty means that none is sent.
	ExceptionText string `json:"exceptionText"`
}

// Reconnect is the delay before the next attempt after a session was lost or
// an attempt failed: it doubles from InitialDelay up to MaxDelay.
type Reconnect struct {
	InitialDelay Duration `json:"initialDelay"`
	MaxDelay     Duration `json:"maxDelay"`
	// JitterPercent shortens each delay by a random share of at most this
	// much, so that many clients do not return in one burst and MaxDelay is
	// never exceeded.
	JitterPercent int32 `json:"jitterPercent"`
}

// Expect is what the user demands of a client's sessions. A process that does
// not fulfil it is not ready.
type Expect struct {
	// Connect Blocked demands that no session can be established: attempts go
	// on, and what they establish is closed at once.
	Connect Path `json:"connect"`
	// MaxOutages is how many outages within Window are forgiven; -1 judges none.
	MaxOutages int32 `json:"maxOutages"`
	// Window is how far back outages count.
	Window Duration `json:"window"`
	// RecoverWithin is how long an outage may last; 0s judges none.
	RecoverWithin Duration `json:"recoverWithin"`
}

// Path says whether the way to the server should exist.
type Path string

// The values of Path.
const (
	Allowed Path = "Allowed"
	Blocked Path = "Blocked"
)

// Framing says how bytes become messages.
type Framing string

const (
	// FramingNone takes what one read returns as one message.
	FramingNone Framing = "None"
	// FramingLine ends a message at LF or CRLF.
	FramingLine Framing = "Line"
	// FramingLengthPrefixed puts the message's length before it, as 4 bytes,
	// big-endian.
	FramingLengthPrefixed Framing = "LengthPrefixed"
)

// Limits bound what one session may cost.
type Limits struct {
	// MessageBytes is the size of the largest message. With framing None it
	// is the size of one read.
	MessageBytes int32 `json:"messageBytes"`
	// PendingReplies is how many replies of one session may await their
	// delay; when it is reached, reading stops until one has been sent.
	PendingReplies int32 `json:"pendingReplies"`
	// IdleTimeout closes a session that has neither received nor sent for so
	// long, and owes no reply; 0s means never.
	IdleTimeout Duration `json:"idleTimeout"`
	// MessageTimeout bounds the time from a framed message's first byte to
	// its last; 0s means no bound. It has no meaning with framing None.
	MessageTimeout Duration `json:"messageTimeout"`
	// WriteTimeout closes a session whose peer does not read for so long; 0s
	// means never.
	WriteTimeout Duration `json:"writeTimeout"`
}

// ServerLimits adds what only a server bounds.
type ServerLimits struct {
	// Sessions is how many may be open at once; one more is closed at once.
	Sessions int32 `json:"sessions"`
	Limits
}

// Toggle is an enum with two values, as the API has no booleans.
type Toggle string

// The values of Toggle.
const (
	Enabled  Toggle = "Enabled"
	Disabled Toggle = "Disabled"
)

// TCP are options of the sockets.
type TCP struct {
	// Nagle Disabled sets TCP_NODELAY.
	Nagle     Toggle    `json:"nagle"`
	KeepAlive KeepAlive `json:"keepAlive"`
	// UserTimeout is TCP_USER_TIMEOUT: how long sent data may stay
	// unacknowledged before the kernel drops the session; 0s leaves it to the
	// system.
	UserTimeout Duration `json:"userTimeout"`
}

// KeepAlive are SO_KEEPALIVE, TCP_KEEPIDLE, TCP_KEEPINTVL and TCP_KEEPCNT.
type KeepAlive struct {
	Mode     Toggle   `json:"mode"`
	Idle     Duration `json:"idle"`
	Interval Duration `json:"interval"`
	Count    int32    `json:"count"`
}
