package snapshot

import "time"

// SessionsPath is where the admin port lists the sessions of now as JSON of
// SessionList. The query parameters limit and after page through it.
const SessionsPath = "/v1/sessions"

// MaxListed is how many sessions one answer holds at most.
const MaxListed = 1000

// MaxListBytes bounds the JSON of the longest list; a reader stops there.
const MaxListBytes = 2 << 20

// MaxBytesOf bounds the JSON of a list of at most so many sessions. One session
// takes about a kilobyte, and never two.
func MaxBytesOf(sessions int) int64 { return min(MaxListBytes, int64(sessions+1)<<11) }

// SessionList says who is connected, oldest session first.
type SessionList struct {
	Version      int       `json:"version"`
	Instance     string    `json:"instance"`
	ObservedTime time.Time `json:"observedTime"`
	// Total counts all sessions, listed here or not.
	Total    int           `json:"total"`
	Sessions []SessionInfo `json:"sessions"`
	// Next is the value of the parameter after that continues the list; 0 at
	// its end.
	Next uint64 `json:"next,omitempty"`
}

// State is what a session is doing.
type State string

// The states of a session.
const (
	Open       State = "Open"       // carries messages
	HalfClosed State = "HalfClosed" // the peer sent FIN; promised replies still go out
	Draining   State = "Draining"   // SIGTERM came; promised replies still go out
	Closing    State = "Closing"    // FIN was sent, the peer's is awaited
)

// States returns every state.
func States() []State { return []State{Open, HalfClosed, Draining, Closing} }

// SessionInfo is one session. Counters and ages count from its start.
type SessionInfo struct {
	ID string `json:"id"`
	// Number orders the sessions of a process.
	Number                 uint64    `json:"number"`
	State                  State     `json:"state"`
	LocalAddress           string    `json:"localAddress"`
	RemoteAddress          string    `json:"remoteAddress"`
	StartTime              time.Time `json:"startTime"`
	AgeMilliseconds        int64     `json:"ageMilliseconds"`
	LastActivityTime       time.Time `json:"lastActivityTime"`
	Messages               Messages  `json:"messages"`
	Bytes                  Bytes     `json:"bytes"`
	PendingReplies         int       `json:"pendingReplies"`
	ReadingPaused          bool      `json:"readingPaused"` // limits.pendingReplies is reached
	UnfinishedMessageBytes int       `json:"unfinishedMessageBytes"`
	TCP                    *TCPInfo  `json:"tcp,omitempty"`
}

// TCPInfo is the kernel's view of a connection: a part of tcp(7)'s TCP_INFO.
// It is there on Linux, for connections of the kernel.
type TCPInfo struct {
	State                    string `json:"state"` // as ss(8) names it
	RoundTripMicroseconds    int64  `json:"roundTripMicroseconds"`
	RoundTripVarMicroseconds int64  `json:"roundTripVarMicroseconds"`
	RetransmittedSegments    int64  `json:"retransmittedSegments"` // since the start
	UnacknowledgedSegments   int64  `json:"unacknowledgedSegments"`
	CongestionWindowSegments int64  `json:"congestionWindowSegments"`
}
