// Package load plays many clients from one process with little processor
// time, so that what it measures is the server: bare descriptors, an
// epoll(7) instance for each loop, and one read for each event.
package load

import (
	"errors"
	"fmt"
	"net/netip"

	"golang.org/x/sys/unix"
)

// message is what the sessions say: the workload's own greeting, as a line.
var message = []byte("Hello server, I am the client 2006-01-02 15:04:05\n")

// sources is from how many addresses of the loopback network sessions come,
// so that none runs out of ports.
const sources = 250

// source returns the address of session i: 127.77.0.1 and on.
func source(i int) [4]byte { return [4]byte{127, 77, 0, byte(1 + i%sources)} }

// open makes the socket of session i.
func open(i int) (fd int, err error) {
	fd, err = unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, fmt.Errorf("socket: %w", err)
	}
	err = errors.Join(
		// The port is chosen on connect, when the whole four-tuple is known.
		unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_BIND_ADDRESS_NO_PORT, 1),
		unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1),
		unix.Bind(fd, &unix.SockaddrInet4{Addr: source(i)}),
	)
	if err != nil {
		_ = unix.Close(fd)
		return -1, fmt.Errorf("session %d: %w", i, err)
	}
	return fd, nil
}

// connect begins to connect a socket, without waiting.
func connect(fd int, to netip.AddrPort) error {
	err := unix.Connect(fd, &unix.SockaddrInet4{Addr: to.Addr().As4(), Port: int(to.Port())})
	if err != nil && err != unix.EINPROGRESS {
		return fmt.Errorf("connect: %w", err)
	}
	return nil
}

// abort closes with RST: sessions that were closed politely would hold their
// ports for a minute, and the next round would find fewer.
func abort(fd int) {
	_ = unix.SetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1})
	_ = unix.Close(fd)
}
