package proxy

import (
	"errors"
	"net"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// Lose makes the kernel drop every packet that comes for a socket, or ends
// that: to its peer, the host has lost its power. A socket that has been
// closed loses nothing.
func Lose(s syscall.Conn, everything bool) error {
	raw, err := s.SyscallConn()
	if err != nil {
		return open(err)
	}
	var failed error
	err = raw.Control(func(fd uintptr) {
		if everything {
			failed = attach(int(fd))
		} else if failed = detach(int(fd)); errors.Is(failed, unix.ENOENT) {
			failed = nil // there was none
		}
	})
	return errors.Join(open(err), failed)
}

// open is an error of a socket that is open.
func open(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// attach gives a socket a filter that lets nothing through, socket(7).
func attach(fd int) error {
	drop := []unix.SockFilter{{Code: unix.BPF_RET | unix.BPF_K, K: 0}}
	program := unix.SockFprog{Len: uint16(len(drop)), Filter: &drop[0]}
	return os.NewSyscallError("SO_ATTACH_FILTER", unix.SetsockoptSockFprog(fd, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &program))
}

func detach(fd int) error {
	return os.NewSyscallError("SO_DETACH_FILTER", unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_DETACH_FILTER, 0))
}
