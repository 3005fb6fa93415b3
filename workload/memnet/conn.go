package memnet

import (
	"io"
	"net"
	"net/netip"
	"os"
	"sync"
	"syscall"
	"time"
)

// bufferBytes is how much one direction holds before its writer must wait.
const bufferBytes = 64 << 10

// A Conn is one end of a connection. It is a net.Conn with CloseWrite, as a
// *net.TCPConn has it, and Abort.
type Conn struct {
	in, out       *pipe // in is the peer's out
	local, remote netip.AddrPort
}

// pair returns the two ends of a new connection.
func pair(near, far netip.AddrPort) (*Conn, *Conn) {
	a, b := newPipe(), newPipe()
	return &Conn{in: a, out: b, local: near, remote: far}, &Conn{in: b, out: a, local: far, remote: near}
}

// Read implements net.Conn.
func (c *Conn) Read(p []byte) (int, error) {
	n, err := c.in.read(p)
	return n, c.wrap("read", err)
}

// Write implements net.Conn.
func (c *Conn) Write(p []byte) (int, error) {
	n, err := c.out.write(p)
	return n, c.wrap("write", err)
}

func (c *Conn) wrap(op string, err error) error {
	if err == nil || err == io.EOF {
		return err
	}
	return &net.OpError{Op: op, Net: "tcp", Source: c.LocalAddr(), Addr: c.RemoteAddr(), Err: err}
}

// CloseWrite sends FIN: the peer reads what was written, then io.EOF.
func (c *Conn) CloseWrite() error {
	c.out.end(io.EOF, nil)
	return nil
}

// Close implements net.Conn. As with TCP, the peer is reset if it writes
// afterwards, and at once if it had written what nobody read.
func (c *Conn) Close() error {
	if c.in.held() > 0 {
		c.Abort()
		return nil
	}
	c.out.end(io.EOF, net.ErrClosed)
	c.in.end(net.ErrClosed, syscall.ECONNRESET)
	return nil
}

// Abort sends RST: the peer's reads and writes fail, what it had not yet read
// is lost.
func (c *Conn) Abort() {
	c.out.drop()
	c.out.end(syscall.ECONNRESET, net.ErrClosed)
	c.in.end(net.ErrClosed, syscall.ECONNRESET)
}

// LocalAddr implements net.Conn.
func (c *Conn) LocalAddr() net.Addr { return net.TCPAddrFromAddrPort(c.local) }

// RemoteAddr implements net.Conn.
func (c *Conn) RemoteAddr() net.Addr { return net.TCPAddrFromAddrPort(c.remote) }

// SetDeadline implements net.Conn.
func (c *Conn) SetDeadline(t time.Time) error {
	c.in.reading.set(c.in, t)
	c.out.writing.set(c.out, t)
	return nil
}

// SetReadDeadline implements net.Conn.
func (c *Conn) SetReadDeadline(t time.Time) error {
	c.in.reading.set(c.in, t)
	return nil
}

// SetWriteDeadline implements net.Conn.
func (c *Conn) SetWriteDeadline(t time.Time) error {
	c.out.writing.set(c.out, t)
	return nil
}

// A pipe carries bytes one way.
type pipe struct {
	mu      sync.Mutex
	changed sync.Cond
	buf     []byte
	// readErr is what a reader gets once buf is empty, writeErr what a writer
	// gets at once; nil while that side goes on.
	readErr, writeErr error
	reading, writing  deadline
}

// A deadline fails one side of a pipe from a moment on.
type deadline struct {
	timer  *time.Timer
	passed bool
}

func newPipe() *pipe {
	p := &pipe{}
	p.changed.L = &p.mu
	return p
}

func (p *pipe) read(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for {
		switch {
		case p.readErr != nil && p.readErr != io.EOF:
			return 0, p.readErr
		case p.reading.passed:
			return 0, os.ErrDeadlineExceeded
		case len(p.buf) > 0:
			n := copy(b, p.buf)
			p.buf = p.buf[n:]
			p.changed.Broadcast()
			return n, nil
		case p.readErr != nil:
			return 0, p.readErr
		case len(b) == 0:
			return 0, nil
		}
		p.changed.Wait()
	}
}

func (p *pipe) write(b []byte) (n int, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for {
		if p.writeErr != nil {
			return n, p.writeErr
		}
		if p.writing.passed {
			return n, os.ErrDeadlineExceeded
		}
		if room := bufferBytes - len(p.buf); room > 0 {
			taken := min(room, len(b)-n)
			p.buf = append(p.buf, b[n:n+taken]...)
			n += taken
			p.changed.Broadcast()
		}
		if n == len(b) {
			return n, nil
		}
		p.changed.Wait()
	}
}

// end sets what readers and writers get from now on, unless an earlier end
// has said so; nil leaves a side as it is.
func (p *pipe) end(readErr, writeErr error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.readErr == nil || p.readErr == io.EOF && readErr != io.EOF && readErr != nil {
		p.readErr = readErr
	}
	if p.writeErr == nil {
		p.writeErr = writeErr
	}
	if p.readErr == io.EOF && p.writeErr == nil {
		p.writeErr = syscall.EPIPE
	}
	p.changed.Broadcast()
}

func (p *pipe) drop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.buf = nil
}

func (p *pipe) held() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.buf)
}

// set replaces d's moment; the zero time means none. d belongs to p.
func (d *deadline) set(p *pipe, t time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if d.timer != nil {
		d.timer.Stop()
		d.timer = nil
	}
	d.passed = !t.IsZero() && !t.After(time.Now())
	if !t.IsZero() && !d.passed {
		var timer *time.Timer
		timer = time.AfterFunc(time.Until(t), func() {
			p.mu.Lock()
			defer p.mu.Unlock()
			if d.timer == timer {
				d.passed = true
				p.changed.Broadcast()
			}
		})
		d.timer = timer
	}
	p.changed.Broadcast()
}
