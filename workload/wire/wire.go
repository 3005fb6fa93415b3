// Package wire moves the bytes of connections without making a session wait:
// it tells the session when bytes came, and takes from it what it sends.
//
// Everything here is byte-wise. Messages, replies and reasons are the
// session's business.
package wire

import (
	"net"
	"net/netip"

	"tcp-operator.io/workload/snapshot"
)

// Events is what a Conn tells its session. Calls come from any goroutine, and
// several may come at a time; but one Received returns before the next call of
// Received or of Ended with io.EOF comes. No lock of the Conn is held.
type Events interface {
	// Received brings bytes. p is valid until it returns.
	Received(p []byte)
	// Ended says that no more bytes will come: with io.EOF after the peer's
	// FIN, when sending still works, or with the error that broke the
	// connection. It may come once for each.
	Ended(err error)
	// Sent says that so many more of the bytes that Send held back have gone to
	// the kernel.
	Sent(bytes int)
}

// A Conn is one connection, driven by events. Its methods never wait. They
// are safe for use by several goroutines at once.
type Conn interface {
	// Start begins to read. It is called once.
	Start(Events)
	// Send sends p, which it does not keep. So many of its last bytes are held
	// back: the caller must not send again before Sent has told of all of them.
	Send(p []byte) (held int, err error)
	// SetReading stops the flow of Received, for the peer to feel it, or lets
	// it go on.
	SetReading(on bool)
	// CloseWrite sends FIN after what was sent.
	CloseWrite()
	// Close releases the connection. No event follows but those under way.
	Close()
	// Abort is Close with RST: what the peer has not taken yet is dropped.
	Abort()
	LocalAddr() netip.AddrPort
	RemoteAddr() netip.AddrPort
	// TCPInfo asks the kernel; nil where there is none to ask, and from Close on.
	TCPInfo() *snapshot.TCPInfo
}

// addrPort returns a's address and port, with IPv4 as IPv4.
func addrPort(a net.Addr) netip.AddrPort {
	tcp, ok := a.(*net.TCPAddr)
	if !ok {
		return netip.AddrPort{}
	}
	ap := tcp.AddrPort()
	return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())
}
