//go:build !linux

package wire

import (
	"net"
	"net/netip"
)

// A Poller is there on Linux only. Elsewhere it is nil, and every connection
// keeps a goroutine.
type Poller struct{}

// NewPoller returns nil.
func NewPoller(int) (*Poller, error) { return nil, nil }

// Close does nothing.
func (p *Poller) Close() error { return nil }

// Adopt is there on Linux only.
func (p *Poller) Adopt(int, netip.AddrPort, int, uint64) Conn {
	panic("wire: no poller on this system")
}

// Wrap returns a Conn over c, which it owns from now on.
func (p *Poller) Wrap(c net.Conn, chunk int, _ uint64) Conn { return Blocking(c, chunk) }
