package wire

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// A Poller waits for the descriptors of many connections in epoll(7)
// instances of its own, one for each of its loops. An idle connection costs
// its record and nothing else: no goroutine, no buffer, and no place in the
// poller of Go's runtime, which would be woken for every packet as well.
//
// A nil *Poller is valid: every connection then keeps a goroutine.
type Poller struct {
	loops []*loop
	ended sync.WaitGroup
}

// NewPoller returns a Poller with so many loops, of which each may keep one
// processor busy. Close releases it.
func NewPoller(loops int) (*Poller, error) {
	p := &Poller{}
	for range loops {
		l, err := newLoop()
		if err != nil {
			_ = p.Close()
			return nil, fmt.Errorf("epoll: %w", err)
		}
		p.loops = append(p.loops, l)
		p.ended.Go(l.run)
	}
	return p, nil
}

// Close ends the loops and waits for them. Close the connections first.
func (p *Poller) Close() error {
	if p == nil {
		return nil
	}
	for _, l := range p.loops {
		_ = l.file.Close() // wakes the loop
	}
	p.ended.Wait()
	return nil
}

// Adopt returns a Conn over a connected, non-blocking descriptor, which it
// owns from now on. One Received brings at most chunk bytes. p must not be nil.
func (p *Poller) Adopt(fd int, remote netip.AddrPort, chunk int) Conn {
	return &polled{
		loop:    p.loops[fd%len(p.loops)],
		fd:      int32(fd),
		chunk:   int32(chunk),
		remote:  netip.AddrPortFrom(remote.Addr().Unmap(), remote.Port()),
		reading: true,
	}
}

// Wrap returns a Conn over c, which it owns from now on. A TCP connection of
// the kernel is taken out of Go's poller, by way of a duplicate of its
// descriptor; any other, such as one of TLS or of a test, keeps a goroutine.
func (p *Poller) Wrap(c net.Conn, chunk int) Conn {
	tcp, ok := c.(*net.TCPConn)
	if p == nil || !ok {
		return Blocking(c, chunk)
	}
	fd, err := duplicate(tcp)
	if err != nil { // no descriptor is left for the moment in which there are two
		return Blocking(c, chunk)
	}
	conn := p.Adopt(fd, addrPort(c.RemoteAddr()), chunk)
	_ = c.Close() // the duplicate keeps the connection
	return conn
}

func duplicate(c *net.TCPConn) (fd int, err error) {
	raw, err := c.SyscallConn()
	if err != nil {
		return -1, err
	}
	failed := raw.Control(func(original uintptr) {
		fd, err = unix.FcntlInt(original, unix.F_DUPFD_CLOEXEC, 0)
	})
	return fd, errors.Join(failed, err)
}

// eventsAtOnce is how many events a loop takes from the kernel in one call.
const eventsAtOnce = 128

// A loop serves the connections of one epoll instance, one event after the
// other, with one buffer for all. Sessions never wait, so neither does it.
type loop struct {
	file *os.File        // of the epoll instance
	raw  syscall.RawConn // of file
	buf  [64 << 10]byte

	mu    sync.Mutex // taken while a polled.mu is held, never the other way
	conns map[int32]*polled
}

func newLoop() (*loop, error) {
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, os.NewSyscallError("epoll_create1", err)
	}
	// An epoll descriptor can be polled itself: os.NewFile hands one that does
	// not block to Go's poller, so that a waiting loop holds no thread.
	if err := unix.SetNonblock(fd, true); err != nil {
		_ = unix.Close(fd)
		return nil, err
	}
	l := &loop{file: os.NewFile(uintptr(fd), "epoll"), conns: map[int32]*polled{}}
	l.raw, err = l.file.SyscallConn()
	return l, err
}

func (l *loop) run() {
	var (
		events [eventsAtOnce]unix.EpollEvent
		ready  [eventsAtOnce]*polled
		n      int
	)
	poll := func(fd uintptr) bool {
		n = pollOnce(int(fd), events[:])
		return n != 0
	}
	for {
		if l.raw.Read(poll) != nil || n < 0 {
			return // closed
		}
		l.resolve(events[:n], ready[:n])
		for i, c := range ready[:n] {
			if c != nil {
				c.handle(events[i].Events, l.buf[:])
			}
			ready[i] = nil
		}
	}
}

// pollOnce takes the events that are there, without waiting.
func pollOnce(fd int, events []unix.EpollEvent) int {
	for {
		n, err := unix.EpollWait(fd, events, 0)
		if err != unix.EINTR {
			return n
		}
	}
}

// resolve finds the connections of events. One that has been closed meanwhile
// is nil, or another one with the same descriptor: that finds nothing to do.
func (l *loop) resolve(events []unix.EpollEvent, ready []*polled) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := range events {
		ready[i] = l.conns[events[i].Fd]
	}
}

func (l *loop) add(c *polled) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.conns[c.fd] = c
}

func (l *loop) remove(c *polled) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.conns[c.fd] == c {
		delete(l.conns, c.fd)
	}
}

// control is epoll_ctl(2). An error says that the kernel is out of memory.
func (l *loop) control(op int, c *polled) error {
	event := unix.EpollEvent{Events: c.interest, Fd: c.fd}
	var failed error
	if err := l.raw.Control(func(fd uintptr) { failed = unix.EpollCtl(int(fd), op, int(c.fd), &event) }); err != nil {
		return err
	}
	return os.NewSyscallError("epoll_ctl", failed)
}
