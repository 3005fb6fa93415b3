package socket

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"

	"tcp-operator.io/workload/wire"
)

// reservedFDs are the descriptors that connections leave free, so that the
// admin port can still be reached when they have run out.
const reservedFDs = 16

// A gate knows how many descriptors connections may take.
type gate struct {
	most int // the highest descriptor number for a connection
	last int // the newest connection's
}

func newGate() gate {
	var limit unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_NOFILE, &limit) != nil || limit.Cur > 1<<30 {
		return gate{most: 1 << 30}
	}
	return gate{most: max(int(limit.Cur)-reservedFDs, 1)}
}

// open reports whether another connection leaves the reserve untouched. The
// kernel gives the lowest free number, so numbers say how many are in use.
func (g *gate) open(listening int) bool {
	if g.last < g.most {
		return true
	}
	free, err := unix.FcntlInt(uintptr(listening), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return false
	}
	_ = unix.Close(free)
	g.last = free
	return free < g.most
}

// An arrival is a connection that was accepted and has not been asked for.
type arrival struct {
	fd   int
	peer netip.AddrPort
}

// mostArrivals bounds how many connections are taken from the kernel at once:
// more than a backlog, by default, and not so many that the first of them
// waits for long.
const mostArrivals = 1024

// arrivals are connections that were taken from the kernel, oldest first.
type arrivals struct {
	mu      sync.Mutex
	waiting []arrival
	next    int // of waiting

	// take takes what waits in the kernel, and took is how it ended. They are
	// AcceptFD's alone. Made once, as a closure for each call would be garbage.
	take func(listening uintptr) bool
	took error
}

func (a *arrivals) push(one arrival) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.waiting = append(a.waiting, one)
}

func (a *arrivals) pop() (one arrival, ok bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.next == len(a.waiting) {
		a.waiting, a.next = a.waiting[:0], 0
		return arrival{}, false
	}
	one = a.waiting[a.next]
	a.next++
	return one, true
}

func (a *arrivals) len() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.waiting) - a.next
}

// closeAll closes what nobody will ask for any more.
func (a *arrivals) closeAll() {
	for one, ok := a.pop(); ok; one, ok = a.pop() {
		_ = unix.Close(one.fd)
	}
}

// AcceptFD accepts a connection as a bare descriptor, which does not block.
// It has the listener's options: the kernel hands them on. One call of the
// kernel does it, where Accept takes five. EMFILE says that only the reserve
// is left; the connection stays in the backlog. AcceptFD is for one goroutine
// at a time, and not for a listener on which Accept is called.
//
// It takes all connections that wait at once, up to mostArrivals, and takes no
// more before each of them was returned: so a rush costs one call of the kernel
// for each connection, and a small backlog is emptied before any session begins.
func (l *listener) AcceptFD() (fd int, peer netip.AddrPort, err error) {
	one, ok := l.arrived.pop()
	if !ok {
		err = l.takeAll()
		one, ok = l.arrived.pop()
	}
	if ok {
		return one.fd, one.peer, nil
	}
	return -1, peer, err
}

// takeAll takes all connections that wait, and waits for the first. An error
// may come after some have arrived.
func (l *listener) takeAll() error {
	a := &l.arrived
	if a.take == nil {
		a.take = func(listening uintptr) bool {
			a.took = nil
			for a.took == nil && a.len() < mostArrivals {
				a.took = l.takeOne(int(listening))
			}
			return a.took != unix.EAGAIN || a.len() > 0
		}
	}
	if failed := l.raw.Read(a.take); failed != nil {
		return failed
	}
	return os.NewSyscallError("accept4", a.took)
}

// takeOne takes one connection. EAGAIN says that none waits, EMFILE that only
// the reserve is left for the one that does.
func (l *listener) takeOne(listening int) error {
	if !l.gate.open(listening) {
		if waiting(listening) {
			return unix.EMFILE
		}
		return unix.EAGAIN
	}
	fd, address, err := accept(listening)
	if err != nil {
		return err
	}
	l.gate.last = fd
	l.arrived.push(arrival{fd: fd, peer: wire.AddrPortOf(address)})
	return nil
}

// await waits for a connection. EMFILE says that one waits, and that only the
// reserve is left.
func (l *listener) await() (err error) {
	failed := l.raw.Read(func(listening uintptr) bool {
		if !waiting(int(listening)) {
			return false
		}
		if !l.gate.open(int(listening)) {
			err = os.NewSyscallError("accept4", unix.EMFILE)
		}
		return true
	})
	return errors.Join(failed, err)
}

// note takes in the number of the newest connection's descriptor.
func (g *gate) note(c *net.TCPConn) {
	if raw, err := c.SyscallConn(); err == nil {
		_ = raw.Control(func(fd uintptr) { g.last = int(fd) }) // fails only once c is closed
	}
}

// accept is accept4(2) by package syscall: that of x/sys asks the kernel for the
// protocol of every connection besides.
func accept(listening int) (int, syscall.Sockaddr, error) {
	for {
		fd, address, err := syscall.Accept4(listening, unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC)
		// ECONNABORTED: the peer had gone before we came, accept(2).
		if err != unix.EINTR && err != unix.ECONNABORTED {
			return fd, address, err
		}
	}
}

// waiting reports whether a connection waits to be accepted.
func waiting(listening int) bool {
	fds := []unix.PollFd{{Fd: int32(listening), Events: unix.POLLIN}}
	n, err := unix.Poll(fds, 0)
	return n > 0 || err != nil
}
