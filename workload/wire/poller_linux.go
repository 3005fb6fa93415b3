package wire

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"
	"syscall"

	"golang.org/x/sys/unix"
)

// A Poller waits for the descriptors of many connections in epoll(7)
// instances of its own, one for each of its loops. An idle connection costs
// its record and nothing else: no goroutine, no buffer, and no place in the
// poller of Go's runtime. Only the instances are there: one that has something
// to tell wakes its loop.
//
// A nil *Poller is valid: every connection then keeps a goroutine.
type Poller struct {
	conns table
	loops []*loop
	ended sync.WaitGroup
}

// NewPoller returns a Poller with so many loops, of which each may keep one
// processor busy. Close releases it.
func NewPoller(loops int) (*Poller, error) {
	p := &Poller{}
	for range loops {
		l, err := newLoop(&p.conns)
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
		l.close()
	}
	p.ended.Wait()
	return nil
}

// Adopt returns a Conn over a connected, non-blocking descriptor, which it
// owns from now on. One Received brings at most chunk bytes. The number chooses
// the loop. p must not be nil.
func (p *Poller) Adopt(fd int, remote netip.AddrPort, chunk int, number uint64) Conn {
	return &polled{
		loop:    p.loops[number%uint64(len(p.loops))],
		fd:      int32(fd),
		chunk:   int32(chunk),
		remote:  netip.AddrPortFrom(remote.Addr().Unmap(), remote.Port()),
		reading: true,
	}
}

// Wrap returns a Conn over c, which it owns from now on. A TCP connection of
// the kernel is taken out of Go's poller, by way of a duplicate of its
// descriptor; any other, such as one of TLS or of a test, keeps a goroutine.
// chunk and number are those of Adopt.
func (p *Poller) Wrap(c net.Conn, chunk int, number uint64) Conn {
	tcp, ok := c.(*net.TCPConn)
	if p == nil || !ok {
		return Blocking(c, chunk)
	}
	fd, err := duplicate(tcp)
	if err != nil { // no descriptor is left for the moment in which there are two
		return Blocking(c, chunk)
	}
	conn := p.Adopt(fd, addrPort(c.RemoteAddr()), chunk, number)
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
	epoll  int             // valid until file is closed
	file   *os.File        // of the epoll instance
	raw    syscall.RawConn // of file
	closed atomic.Bool
	conns  *table
	buf    [64 << 10]byte
}

func newLoop(conns *table) (*loop, error) {
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
	l := &loop{epoll: fd, file: os.NewFile(uintptr(fd), "epoll"), conns: conns}
	l.raw, err = l.file.SyscallConn()
	return l, err
}

// close ends run.
func (l *loop) close() {
	l.closed.Store(true)
	_ = l.file.Close() // wakes it
}

// run serves until the loop is closed. Any other end would leave connections
// without service, and nobody the wiser.
func (l *loop) run() {
	var (
		events [eventsAtOnce]unix.EpollEvent
		n      int
		failed error
	)
	poll := func(uintptr) bool {
		n, failed = l.poll(events[:])
		return n != 0 || failed != nil
	}
	for {
		err := l.raw.Read(poll)
		if l.closed.Load() {
			return
		}
		if err = errors.Join(err, failed); err != nil {
			panic(fmt.Sprintf("wire: epoll_wait: %v", err))
		}
		for i := range events[:n] {
			l.dispatch(&events[i])
		}
	}
}

// poll takes the events that are there, without waiting.
func (l *loop) poll(events []unix.EpollEvent) (int, error) {
	for {
		n, err := pollEvents(l.epoll, events)
		if err != unix.EINTR {
			return n, err
		}
	}
}

// dispatch hands an event to its connection. One that has been closed since
// the kernel reported it is gone, or another one has its descriptor: that is
// another loop's, or finds nothing to do.
func (l *loop) dispatch(event *unix.EpollEvent) {
	if c := l.conns.get(event.Fd); c != nil && c.loop == l {
		c.handle(event.Events, l.buf[:])
	}
}

// control is epoll_ctl(2). An error says that the kernel is out of memory.
func (l *loop) control(op int, c *polled) error {
	event := unix.EpollEvent{Events: c.interest, Fd: c.fd}
	return os.NewSyscallError("epoll_ctl", unix.EpollCtl(l.epoll, op, int(c.fd), &event))
}
