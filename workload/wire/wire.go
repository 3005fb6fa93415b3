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

// Events is what a Conn tells its session. Calls come from any goroutine, but
// Received and Ended never two at a time. No lock of the Conn is held.
type Events interface {
	// Received brings bytes. p is valid until it returns.
	Received(p []byte)
	// Ended says that no more bytes will come: with io.EOF after the peer's
	// FIN, when sending still works, or with the error that broke the
	// connection. It may come once for each.
	Ended(err error)
	// Writable says that all that Send held back has gone to the kernel.
	Writable()
}

// A Conn is one connection, driven by events. Its methods never wait. They
// are safe for use by several goroutines at once.
type Conn interface {
	// Start begins to read. It is called once.
	Start(Events)
	// Send sends p, which it does not keep. When it returns false, a part of p
	// is held back: the caller must not send again before Writable.
	Send(p []byte) (sent bool, err error)
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
	// TCPInfo asks the kernel; nil where there is none to ask.
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
