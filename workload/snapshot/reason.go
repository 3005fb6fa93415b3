package snapshot

// Reason is why a session ended or an attempt failed: a closed set, fit for
// metric labels and for status.
type Reason string

// Why a session ended.
const (
	PeerClosed       Reason = "PeerClosed"       // the peer sent FIN
	PeerReset        Reason = "PeerReset"        // the peer sent RST (ECONNRESET, EPIPE)
	LocalClosed      Reason = "LocalClosed"      // this process closed at once, on a second signal
	Drained          Reason = "Drained"          // this process closed after SIGTERM, its promises kept
	IdleTimeout      Reason = "IdleTimeout"      // limits.idleTimeout
	MessageTimeout   Reason = "MessageTimeout"   // limits.messageTimeout
	WriteTimeout     Reason = "WriteTimeout"     // limits.writeTimeout
	MessageTooLarge  Reason = "MessageTooLarge"  // limits.messageBytes
	SessionLimit     Reason = "SessionLimit"     // limits.sessions
	KeepAliveTimeout Reason = "KeepAliveTimeout" // keep-alive or TCP_USER_TIMEOUT expired (ETIMEDOUT)
	Unreachable      Reason = "Unreachable"      // EHOSTUNREACH, ENETUNREACH and their like
	PeerAlert        Reason = "PeerAlert"        // the peer sent a TLS alert: it refuses our certificate, for instance
	OtherError       Reason = "OtherError"       // an errno outside this set; logs name it
)

// Why an attempt failed; Unreachable, PeerAlert and OtherError serve here too.
const (
	NameNotFound     Reason = "NameNotFound"     // the name does not exist
	NameServerFailed Reason = "NameServerFailed" // no usable answer from the name servers
	Refused          Reason = "Refused"          // ECONNREFUSED
	ConnectTimeout   Reason = "ConnectTimeout"   // connect.timeout, or the kernel gave up
	BindFailed       Reason = "BindFailed"       // connect.bindAddress cannot be used
)

// Why a TLS handshake failed: an attempt of a client, or a connection that a
// server accepted.
const (
	CertificateUntrusted    Reason = "CertificateUntrusted"    // the peer's comes from no authority that we know
	CertificateExpired      Reason = "CertificateExpired"      // the peer's is expired, or not yet valid
	CertificateNameMismatch Reason = "CertificateNameMismatch" // the server's is for another name
	NotTLS                  Reason = "NotTLS"                  // the peer does not speak TLS
	HandshakeTimeout        Reason = "HandshakeTimeout"        // connect.timeout, or a server's own bound
	HandshakeFailed         Reason = "HandshakeFailed"         // anything else; logs say what
)

// CloseReasons returns every reason with which a session can end.
func CloseReasons() []Reason {
	return []Reason{PeerClosed, PeerReset, LocalClosed, Drained, IdleTimeout, MessageTimeout, WriteTimeout,
		MessageTooLarge, SessionLimit, KeepAliveTimeout, Unreachable, PeerAlert, OtherError}
}

// FailureReasons returns every reason with which an attempt can fail. A server
// counts handshakes by those of the phase Handshake.
func FailureReasons() []Reason {
	return []Reason{NameNotFound, NameServerFailed, Refused, Unreachable, ConnectTimeout, BindFailed, CertificateUntrusted,
		CertificateExpired, CertificateNameMismatch, NotTLS, PeerAlert, HandshakeTimeout, HandshakeFailed, OtherError}
}

// Phases returns every phase.
func Phases() []Phase { return []Phase{PhaseResolve, PhaseConnect, PhaseHandshake, PhaseSession} }
