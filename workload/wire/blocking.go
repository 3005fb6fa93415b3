package wire

import (
	"crypto/tls"
	"io"
	"net"
	"net/netip"
	"sync"

	"tcp-operator.io/workload/snapshot"
)

// blocking drives any net.Conn: one goroutine reads, another lives while a
// write is under way.
type blocking struct {
	conn   net.Conn
	events Events
	chunk  int

	mu     sync.Mutex
	resume sync.Cond
	paused bool
	closed bool
	out    []byte // what is being written
}

// recordBytes is the most that one read of a TLS connection returns, and the
// most that is written at once: a record, RFC 8446 section 5.1.
const recordBytes = 16 << 10

// Blocking returns a Conn over c, which it owns from now on. One Received
// brings at most chunk bytes.
func Blocking(c net.Conn, chunk int) Conn {
	if _, ok := c.(*tls.Conn); ok {
		chunk = min(chunk, recordBytes)
	}
	b := &blocking{conn: c, chunk: chunk}
	b.resume.L = &b.mu
	return b
}

func (b *blocking) Start(e Events) {
	b.events = e
	go b.readLoop()
}

func (b *blocking) readLoop() {
	buf := make([]byte, b.chunk)
	for b.mayRead() {
		n, err := b.conn.Read(buf)
		if n > 0 {
			b.events.Received(buf[:n])
		}
		// TLS may bring the end together with the last bytes. Of those the
		// session may have left some for later: they come first.
		if err == io.EOF && !b.mayRead() {
			return
		}
		if err != nil {
			b.events.Ended(err)
			return
		}
	}
}

// mayRead waits while reading is paused; false means that c was closed.
func (b *blocking) mayRead() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	for b.paused && !b.closed {
		b.resume.Wait()
	}
	return !b.closed
}

func (b *blocking) Send(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return len(p), net.ErrClosed
	}
	if len(p) > 0 {
		b.out = append(b.out[:0], p...)
		go b.write(b.out)
	}
	return len(p), nil
}

// write writes p, and tells of it bit by bit: a slow peer is one that reads.
func (b *blocking) write(p []byte) {
	for len(p) > 0 {
		n, err := b.conn.Write(p[:min(len(p), recordBytes)])
		if err != nil {
			b.events.Ended(err)
			return
		}
		p = p[n:]
		b.events.Sent(n)
	}
}

func (b *blocking) SetReading(on bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.paused = !on
	b.resume.Signal()
}

// CloseWrite sends close_notify before FIN where the connection is TLS. While
// the kernel has no room for that it would wait, for up to five seconds: then
// a goroutine does, and not the session.
func (b *blocking) CloseWrite() {
	secure, ok := b.conn.(*tls.Conn)
	if !ok {
		closeWrite(b.conn)
		return
	}
	go func() {
		closeWrite(secure)
		closeWrite(secure.NetConn())
	}()
}

func closeWrite(c net.Conn) {
	if half, ok := c.(interface{ CloseWrite() error }); ok {
		_ = half.CloseWrite() // fails only when the connection has ended already
	}
}

// transport is the connection below TLS, or the one there is.
func (b *blocking) transport() net.Conn {
	if secure, ok := b.conn.(*tls.Conn); ok {
		return secure.NetConn()
	}
	return b.conn
}

func (b *blocking) Close() {
	b.mu.Lock()
	b.closed = true
	b.resume.Signal()
	b.mu.Unlock()
	if secure, ok := b.conn.(*tls.Conn); ok {
		go secure.Close() // as in CloseWrite
		return
	}
	_ = b.conn.Close() // nothing is left to do about it
}

func (b *blocking) Abort() {
	switch c := b.transport().(type) {
	case interface{ SetLinger(seconds int) error }:
		_ = c.SetLinger(0) // then Close sends RST, socket(7)
	case interface{ Abort() }:
		c.Abort()
	}
	_ = b.transport().Close()
	b.Close()
}

func (b *blocking) LocalAddr() netip.AddrPort  { return addrPort(b.conn.LocalAddr()) }
func (b *blocking) RemoteAddr() netip.AddrPort { return addrPort(b.conn.RemoteAddr()) }

func (b *blocking) TCPInfo() *snapshot.TCPInfo {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed { // as TLS may take its time
		return nil
	}
	return tcpInfoOf(b.transport())
}
