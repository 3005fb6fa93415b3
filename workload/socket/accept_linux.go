package socket

import (
	"errors"
	"net"
	"net/netip"
	"os"

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

// AcceptFD accepts a connection as a bare descriptor, which does not block.
// It has the listener's options: the kernel hands them on. One call of the
// kernel does it, where Accept takes five. EMFILE says that only the reserve
// is left; the connection stays in the backlog. AcceptFD is for one goroutine
// at a time.
func (l *listener) AcceptFD() (fd int, peer netip.AddrPort, err error) {
	var address unix.Sockaddr
	failed := l.raw.Read(func(listening uintptr) bool {
		if !l.gate.open(int(listening)) {
			fd, err = -1, unix.EMFILE
			return waiting(int(listening))
		}
		fd, address, err = accept(int(listening))
		return err != unix.EAGAIN
	})
	if failed != nil {
		return -1, peer, failed
	}
	if err != nil {
		return -1, peer, os.NewSyscallError("accept4", err)
	}
	l.gate.last = fd
	return fd, wire.AddrPortOf(address), nil
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

func accept(listening int) (int, unix.Sockaddr, error) {
	for {
		fd, address, err := unix.Accept4(listening, unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC)
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
