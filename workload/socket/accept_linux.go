package socket

import (
	"net/netip"
	"os"

	"golang.org/x/sys/unix"

	"tcp-operator.io/workload/wire"
)

// AcceptFD accepts a connection as a bare descriptor, which does not block.
// It has the listener's options: the kernel hands them on. One call of the
// kernel does it, where Accept takes five.
func (l *listener) AcceptFD() (fd int, peer netip.AddrPort, err error) {
	var address unix.Sockaddr
	failed := l.raw.Read(func(listening uintptr) bool {
		for {
			fd, address, err = unix.Accept4(int(listening), unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC)
			// ECONNABORTED: the peer had gone before we came, accept(2).
			if err != unix.EINTR && err != unix.ECONNABORTED {
				return err != unix.EAGAIN
			}
		}
	})
	if failed != nil {
		return -1, peer, failed
	}
	if err != nil {
		return -1, peer, os.NewSyscallError("accept4", err)
	}
	return fd, wire.AddrPortOf(address), nil
}
