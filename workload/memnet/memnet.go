// Package memnet is a TCP network in memory for tests: connections with
// buffers, deadlines, half-close and reset, and a listener to dial. What
// blocks here blocks durably in the sense of testing/synctest, so that a test
// over it runs in fake time.
package memnet

import (
	"context"
	"net"
	"net/netip"
	"os"
	"sync"
	"syscall"
)

// A Network holds listeners by address. Its zero value is ready to use.
type Network struct {
	mu        sync.Mutex
	listeners map[string]*Listener
	lastPort  uint16
}

// Listen returns a listener at address, an IP and a port.
func (n *Network) Listen(address string) (*Listener, error) {
	ap, err := netip.ParseAddrPort(address)
	if err != nil {
		return nil, err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.listeners[address] != nil {
		return nil, opError("listen", ap, syscall.EADDRINUSE)
	}
	l := &Listener{network: n, address: ap, queue: make(chan *Conn, 1024), closed: make(chan struct{})}
	if n.listeners == nil {
		n.listeners = map[string]*Listener{}
	}
	n.listeners[address] = l
	return l, nil
}

// Dial connects to the listener at address. Without one the answer is
// ECONNREFUSED, as from a host whose port is closed.
func (n *Network) Dial(ctx context.Context, _, address string) (net.Conn, error) {
	n.mu.Lock()
	l := n.listeners[address]
	n.lastPort++
	from := netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, 1}), 32767+n.lastPort)
	n.mu.Unlock()
	if l == nil {
		to, _ := netip.ParseAddrPort(address)
		return nil, opError("dial", to, os.NewSyscallError("connect", syscall.ECONNREFUSED))
	}
	near, far := pair(from, l.address)
	select {
	case l.queue <- far:
		return near, nil
	case <-l.closed:
		return nil, opError("dial", l.address, os.NewSyscallError("connect", syscall.ECONNREFUSED))
	case <-ctx.Done():
		return nil, opError("dial", l.address, ctx.Err())
	}
}

// A Listener is a net.Listener of a Network.
type Listener struct {
	network *Network
	address netip.AddrPort
	queue   chan *Conn
	once    sync.Once
	closed  chan struct{}
}

// Accept implements net.Listener.
func (l *Listener) Accept() (net.Conn, error) {
	select {
	case <-l.closed:
		return nil, opError("accept", l.address, net.ErrClosed)
	default:
	}
	select {
	case c := <-l.queue:
		return c, nil
	case <-l.closed:
		return nil, opError("accept", l.address, net.ErrClosed)
	}
}

// Close implements net.Listener. Connections that nobody accepted are reset.
func (l *Listener) Close() error {
	l.once.Do(func() {
		l.network.mu.Lock()
		delete(l.network.listeners, l.address.String())
		l.network.mu.Unlock()
		close(l.closed)
		for {
			select {
			case c := <-l.queue:
				c.Abort()
			default:
				return
			}
		}
	})
	return nil
}

// Addr implements net.Listener.
func (l *Listener) Addr() net.Addr { return net.TCPAddrFromAddrPort(l.address) }

func opError(op string, address netip.AddrPort, err error) error {
	return &net.OpError{Op: op, Net: "tcp", Addr: net.TCPAddrFromAddrPort(address), Err: err}
}
