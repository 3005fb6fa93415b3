// Package proxy stands between a TCP client and a TCP server and damages what
// passes, each direction by itself, in ways that can be switched on and off
// while connections live.
//
// The known proxy of this kind, toxiproxy, does not fit: it passes a FIN on as
// a close of both directions, which is not what TCP does and what a session
// with replies still to come is tested for; it cannot let a peer vanish, as
// the kernel behind it goes on to acknowledge; and as a library it brings an
// HTTP API with its router, a logger and metrics: six modules more.
package proxy

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
)

// A Direction is one of the two in which bytes flow.
type Direction int

// The directions.
const (
	Upstream   Direction = iota // from the client to the server
	Downstream                  // from the server to the client
)

// Directions returns both.
func Directions() []Direction { return []Direction{Upstream, Downstream} }

func (d Direction) String() string { return [...]string{"upstream", "downstream"}[d] }

// A Proxy connects those who connect to it with its target.
type Proxy struct {
	target  string
	address string
	ended   sync.WaitGroup // of what accepts and of connections

	mu       sync.Mutex
	listener *net.TCPListener // nil while it refuses
	conns    map[*conn]struct{}
	faults   [2]Fault
	changed  chan struct{} // closed when faults change
}

// hosts numbers the loopback addresses in use.
var hosts atomic.Uint32

// New returns a proxy that passes everything on to target. It listens at a
// loopback address of its own, so that nobody else can take the port while it
// refuses.
func New(target string) (*Proxy, error) {
	n := hosts.Add(1)
	p := &Proxy{
		target: target, address: fmt.Sprintf("127.9.%d.%d:0", n>>8&255, n&255),
		conns: map[*conn]struct{}{}, changed: make(chan struct{}),
	}
	return p, p.Accept()
}

// Address is where the proxy listens.
func (p *Proxy) Address() string { return p.address }

// Accept ends Refuse.
func (p *Proxy) Accept() error {
	var config net.ListenConfig
	config.SetMultipathTCP(false) // cannot vanish
	l, err := config.Listen(context.Background(), "tcp", p.address)
	if err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.address, p.listener = l.Addr().String(), l.(*net.TCPListener)
	p.ended.Go(func() { p.acceptLoop(l) })
	return nil
}

// Refuse resets all connections, and lets no new one be made.
func (p *Proxy) Refuse() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.listener != nil {
		_ = p.listener.Close()
		p.listener = nil
	}
	for c := range p.conns {
		c.reset()
	}
}

// Close resets all connections and returns when nothing of the proxy is left.
func (p *Proxy) Close() {
	p.Refuse()
	p.ended.Wait()
}

// Set damages one direction of all connections, those to come included, in
// place of the damage before. The zero Fault ends it.
func (p *Proxy) Set(d Direction, f Fault) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.faults[d] = f
	close(p.changed)
	p.changed = make(chan struct{})
	var failed error
	for c := range p.conns {
		failed = errors.Join(failed, Lose(c.source(d), f.Vanish))
	}
	if p.listener != nil {
		failed = errors.Join(failed, Lose(p.listener, p.faults[Upstream].Vanish || p.faults[Downstream].Vanish))
	}
	return failed
}

// fault returns the damage of a direction, and what is closed when it changes.
func (p *Proxy) fault(d Direction) (Fault, <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.faults[d], p.changed
}

func (p *Proxy) acceptLoop(l net.Listener) {
	for {
		c, err := l.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err == nil {
			p.ended.Go(func() { p.join(c.(*net.TCPConn)) })
		}
	}
}

// join connects a client with the target. A target that cannot be reached
// makes the client meet a reset.
func (p *Proxy) join(client *net.TCPConn) {
	server, err := net.Dial("tcp", p.target)
	if err != nil {
		reset(client)
		return
	}
	c := newConn(client, server.(*net.TCPConn))
	defer p.forget(c)
	p.keep(c)
	c.pass(p)
}

// keep notes a connection, which the faults of now concern too.
func (p *Proxy) keep(c *conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.conns[c] = struct{}{}
	if p.listener == nil {
		c.reset() // it was accepted a moment too late
	}
	for _, d := range Directions() {
		if p.faults[d].Vanish && Lose(c.source(d), true) != nil {
			c.reset()
		}
	}
}

func (p *Proxy) forget(c *conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.conns, c)
}
