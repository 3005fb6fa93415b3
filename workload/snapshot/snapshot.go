// Package snapshot is what one workload process says about itself at one
// moment: the contract of /v1/snapshot, which the operator reads. Probes,
// metrics and status are all made from it, so they cannot disagree. It
// imports the standard library only.
package snapshot

import "time"

// Version is the version of this contract. A reader refuses any other.
const Version = 1

// Path is where the admin port serves the snapshot as JSON.
const Path = "/v1/snapshot"

// MaxBytes bounds the JSON of a snapshot; a reader stops there.
const MaxBytes = 64 << 10

// MaxOutages is how many outages a snapshot holds at most, newest first.
const MaxOutages = 10

// Role is the part a process plays.
type Role string

// The roles.
const (
	Server Role = "Server"
	Client Role = "Client"
)

// Snapshot is everything one process knows about itself. Counters count from
// the start of the process and never decrease.
type Snapshot struct {
	Version int  `json:"version"`
	Role    Role `json:"role"`
	// Instance is unique to the process: counters of another one started anew.
	Instance     string    `json:"instance"`
	Pod          string    `json:"pod,omitempty"`
	Node         string    `json:"node,omitempty"`
	StartTime    time.Time `json:"startTime"`
	ObservedTime time.Time `json:"observedTime"`
	// Ready is what /readyz answers. Server: listening and not draining.
	// Client: every desired session is established (or, where the path should
	// be blocked, none can be), and what else is expected holds.
	Ready    bool `json:"ready"`
	Draining bool `json:"draining"`
	// Verdict is whether a client's expectations are met: a reason of package
	// verdict; empty for a server.
	Verdict  string   `json:"verdict,omitempty"`
	Sessions Sessions `json:"sessions"`
	Messages Messages `json:"messages"`
	Bytes    Bytes    `json:"bytes"`
	// Closes counts ended sessions, Failures attempts and handshakes that failed, each by
	// close reason. All reasons of the role are present, from 0.
	Closes   map[Reason]int64 `json:"closes"`
	Failures map[Reason]int64 `json:"failures"`
	// LastMessageTime is when the newest message came; nil before the first.
	LastMessageTime *time.Time `json:"lastMessageTime,omitempty"`
	// TCP is the kernel's view of all sessions together; nil where there is
	// none.
	TCP *TCP `json:"tcp,omitempty"`
	// CertificateExpiryTime is when the process's own certificate expires; nil
	// without one.
	CertificateExpiryTime *time.Time `json:"certificateExpiryTime,omitempty"`
	// ListenAddresses are where a server listens; empty while it does not.
	ListenAddresses []string `json:"listenAddresses,omitempty"`
	// Target is the host:port that a client holds sessions with.
	Target string `json:"target,omitempty"`
	// RoundTrip is a client's time from a message sent to the next received;
	// nil until there was one.
	RoundTrip *RoundTrip `json:"roundTrip,omitempty"`
	// Outages are a client's, newest first, the open ones included, at most
	// MaxOutages.
	Outages []Outage `json:"outages,omitempty"`
	// LastFailure is the newest attempt that failed; nil when none has since
	// every desired session was last established.
	LastFailure *Failure `json:"lastFailure,omitempty"`
}

// Sessions counts TCP sessions.
type Sessions struct {
	// Desired is how many a client should hold; 0 for a server.
	Desired int64 `json:"desired"`
	// Open are established now.
	Open int64 `json:"open"`
	// Opened were ever accepted (server) or established (client).
	Opened int64 `json:"opened"`
	// Rejected were closed at once by a server because of limits.sessions;
	// they are not among Opened.
	Rejected int64 `json:"rejected"`
	// Reached and Blocked are desired sessions of a client that expects the
	// path to be blocked: those whose last attempt established a session all
	// the same, and those whose last attempt failed to connect.
	Reached int64 `json:"reached"`
	Blocked int64 `json:"blocked"`
	// Lost are sessions of a client that ended without its own wish.
	Lost int64 `json:"lost"`
	// AcceptErrors counts a server's failed accepts: out of descriptors or
	// memory, mostly. The connections stay in the backlog meanwhile.
	AcceptErrors int64 `json:"acceptErrors"`
}

// Messages counts messages. Sent contains greetings, replies and exceptions.
type Messages struct {
	Received   int64 `json:"received"`
	Sent       int64 `json:"sent"`
	Exceptions int64 `json:"exceptions"` // received, and not UTF-8
}

// Bytes counts payload bytes.
type Bytes struct {
	Received int64 `json:"received"`
	Sent     int64 `json:"sent"`
}

// TCP sums up what the kernel knows of all sessions: tcp(7)'s TCP_INFO.
type TCP struct {
	// SampledSessions are the open ones that were asked for this.
	SampledSessions int64 `json:"sampledSessions"`
	// RetransmittedSegments counts those of all sessions, ended ones included.
	RetransmittedSegments int64 `json:"retransmittedSegments"`
	// UnacknowledgedSegments are on their way now.
	UnacknowledgedSegments int64 `json:"unacknowledgedSegments"`
	// MaxRoundTripMicroseconds is the longest of the smoothed round-trip times
	// that the sampled sessions have now. It is the network's, without any
	// reply delay.
	MaxRoundTripMicroseconds int64 `json:"maxRoundTripMicroseconds"`
}

// RoundTrip summarises latencies. It contains the server's own reply delay.
type RoundTrip struct {
	Count           int64 `json:"count"`
	P50Microseconds int64 `json:"p50Microseconds"`
	P99Microseconds int64 `json:"p99Microseconds"`
	// Histogram is the whole distribution in microseconds, in
	// HdrHistogram's compressed V2 encoding (base64), so that the round trips
	// of several pods can be merged.
	Histogram string `json:"histogram,omitempty"`
}

// Phase is how far a session or an attempt had come when it ended.
type Phase string

// The phases, in their order.
const (
	PhaseResolve Phase = "Resolve"
	PhaseConnect Phase = "Connect"
	// PhaseHandshake is that of TLS.
	PhaseHandshake Phase = "Handshake"
	PhaseSession   Phase = "Session"
)

// Side is who ended a session first.
type Side string

// The sides.
const (
	Local   Side = "Local"
	Peer    Side = "Peer"
	Network Side = "Network" // neither: a timer of the kernel, or an ICMP error
)

// Outage is a time in which one session that a client should hold was not
// established.
type Outage struct {
	// Session numbers the client's desired sessions, from 0.
	Session   int       `json:"session"`
	StartTime time.Time `json:"startTime"`
	// EndTime is nil while the outage lasts.
	EndTime              *time.Time `json:"endTime,omitempty"`
	DurationMilliseconds int64      `json:"durationMilliseconds"`
	Phase                Phase      `json:"phase"`
	Reason               Reason     `json:"reason"`
	ClosedBy             Side       `json:"closedBy,omitempty"`
	// LocalAddress and RemoteAddress are those of the session that was lost;
	// empty where there was none yet.
	LocalAddress  string `json:"localAddress,omitempty"`
	RemoteAddress string `json:"remoteAddress,omitempty"`
	// SessionAgeSeconds is how long the lost session had lived.
	SessionAgeSeconds int64 `json:"sessionAgeSeconds"`
	// Attempts to connect since StartTime.
	Attempts int64 `json:"attempts"`
}

// Failure is one attempt that failed.
type Failure struct {
	Time   time.Time `json:"time"`
	Phase  Phase     `json:"phase"`
	Reason Reason    `json:"reason"`
	// Message is for people, at most 256 bytes; no decision rests on it.
	Message string `json:"message"`
}
