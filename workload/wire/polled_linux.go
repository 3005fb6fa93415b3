package wire

import (
	"io"
	"net"
	"net/netip"
	"os"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"

	"tcp-operator.io/workload/snapshot"
)

// polled is a connection whose descriptor waits in a loop.
type polled struct {
	loop   *loop
	events Events
	remote netip.AddrPort
	fd     int32
	chunk  int32

	mu       sync.Mutex // guards the descriptor too: it may be closed at any time
	interest uint32     // what the loop waits for
	added    bool       // to the loop
	reading  bool       // not paused
	atEnd    bool       // the peer's FIN was read
	closed   bool
	out      []byte // held back until the descriptor takes more
}

func (c *polled) Start(e Events) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return
	}
	c.events = e
	c.loop.conns.add(c)
	c.added = true
	c.interest = c.wantedLocked()
	if err := c.loop.control(unix.EPOLL_CTL_ADD, c); err != nil {
		go e.Ended(err) // the caller may hold the session
	}
}

// wantedLocked returns what the connection now waits for. The loop also
// reports a reset, asked or not.
func (c *polled) wantedLocked() (wanted uint32) {
	if c.reading && !c.atEnd {
		wanted |= unix.EPOLLIN
	}
	if len(c.out) > 0 {
		wanted |= unix.EPOLLOUT
	}
	return wanted
}

func (c *polled) await() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.awaitLocked()
}

// awaitLocked tells the loop what the connection now waits for.
func (c *polled) awaitLocked() {
	wanted := c.wantedLocked()
	if wanted == c.interest || !c.added || c.closed {
		return
	}
	c.interest = wanted
	// Changing what is there allocates nothing: it cannot fail.
	_ = c.loop.control(unix.EPOLL_CTL_MOD, c)
}

// handle acts on events of the descriptor. Only the loop calls it.
func (c *polled) handle(events uint32, buf []byte) {
	if events&unix.EPOLLOUT != 0 {
		c.flush()
	}
	if events&(unix.EPOLLIN|unix.EPOLLERR|unix.EPOLLHUP) == 0 {
		return
	}
	n, err := c.read(buf)
	switch {
	case n > 0:
		c.events.Received(buf[:n])
	case err == io.EOF:
		c.events.Ended(err)
		c.await() // most have been closed by now, and need no call of the kernel
	case err != unix.EAGAIN:
		c.broken(err)
	}
}

// broken reports an error, once: unless that has made its owner close the
// connection, the loop, which would report it for ever, lets it go.
func (c *polled) broken(err error) {
	c.events.Ended(err)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.added && !c.closed {
		c.added = false
		_ = c.loop.control(unix.EPOLL_CTL_DEL, c) // it is there: this cannot fail
	}
}

// read reads once. EAGAIN says that there is nothing to do.
func (c *polled) read(buf []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return 0, unix.EAGAIN
	}
	if !c.reading || c.atEnd {
		return 0, c.brokenLocked()
	}
	n, err := receive(int(c.fd), buf[:min(len(buf), int(c.chunk))])
	switch {
	case n > 0:
		return n, nil
	case err == nil:
		c.atEnd = true
		return 0, io.EOF
	case err == unix.EAGAIN, err == unix.EINTR:
		return 0, unix.EAGAIN
	}
	return 0, os.NewSyscallError("recv", err)
}

// brokenLocked returns the error of a connection that is not read from.
func (c *polled) brokenLocked() error {
	errno, err := unix.GetsockoptInt(int(c.fd), unix.SOL_SOCKET, unix.SO_ERROR)
	switch {
	case err != nil:
		return os.NewSyscallError("getsockopt", err)
	case errno != 0:
		return unix.Errno(errno)
	case c.atEnd:
		return unix.EPIPE // hung up, and said so before
	}
	return unix.EAGAIN
}

func (c *polled) Send(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	rest, err := c.writeLocked(p)
	if len(rest) > 0 && err == nil {
		c.out = append(c.out[:0], rest...)
		c.awaitLocked()
	}
	return len(rest), err
}

// writeLocked writes as much of p as the kernel takes, and returns the rest.
func (c *polled) writeLocked(p []byte) ([]byte, error) {
	if c.closed {
		return p, net.ErrClosed
	}
	for len(p) > 0 {
		n, err := send(int(c.fd), p)
		switch err {
		case nil:
			p = p[n:]
		case unix.EINTR:
		case unix.EAGAIN:
			return p, nil
		default:
			return p, os.NewSyscallError("send", err)
		}
	}
	return nil, nil
}

// flush goes on with what was held back.
func (c *polled) flush() {
	sent, err := c.writeHeld()
	if sent > 0 {
		c.events.Sent(sent)
	}
	if err != nil {
		c.broken(err)
	}
}

func (c *polled) writeHeld() (sent int, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed || len(c.out) == 0 {
		return 0, nil
	}
	rest, err := c.writeLocked(c.out)
	sent = len(c.out) - len(rest)
	c.out = rest
	if len(rest) == 0 {
		c.out = nil
	}
	c.awaitLocked()
	return sent, err
}

func (c *polled) SetReading(on bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.reading = on
	c.awaitLocked()
}

func (c *polled) CloseWrite() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.closed {
		_ = unix.Shutdown(int(c.fd), unix.SHUT_WR) // fails only when the connection has ended already
	}
}

func (c *polled) Close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closeLocked()
}

func (c *polled) Abort() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.closed {
		_ = unix.SetsockoptLinger(int(c.fd), unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1})
		c.closeLocked()
	}
}

// closeLocked takes the connection from its loop before the descriptor's
// number can be used again. The kernel takes it from the epoll instance.
func (c *polled) closeLocked() {
	if c.closed {
		return
	}
	c.closed = true
	c.out = nil
	c.loop.conns.remove(c)
	_ = unix.Close(int(c.fd)) // nothing is left to do about it
}

func (c *polled) LocalAddr() netip.AddrPort {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return netip.AddrPort{}
	}
	address, err := syscall.Getsockname(int(c.fd))
	if err != nil {
		return netip.AddrPort{}
	}
	return AddrPortOf(address)
}

func (c *polled) RemoteAddr() netip.AddrPort { return c.remote }

func (c *polled) TCPInfo() *snapshot.TCPInfo {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return nil
	}
	return tcpInfo(int(c.fd))
}

// AddrPortOf returns the address and port of a socket address, with IPv4 as
// IPv4.
func AddrPortOf(a syscall.Sockaddr) netip.AddrPort {
	switch a := a.(type) {
	case *syscall.SockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4(a.Addr), uint16(a.Port))
	case *syscall.SockaddrInet6:
		return netip.AddrPortFrom(netip.AddrFrom16(a.Addr).Unmap(), uint16(a.Port))
	}
	return netip.AddrPort{}
}
