// Package socket makes sockets as the settings say, and not as Go's net
// package does by default: with the backlog asked for, keep-alive off unless
// asked for, no Multipath TCP, and Nagle's algorithm and TCP_USER_TIMEOUT as
// set.
package socket

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"syscall"
	"time"

	"tcp-operator.io/workload/spec"
)

// Listen listens as s says.
func Listen(ctx context.Context, s spec.Server) (net.Listener, error) {
	config := net.ListenConfig{
		Control:   control(s.TCP),
		KeepAlive: -1, // off; KeepAliveConfig may switch it on
	}
	config.KeepAliveConfig = keepAlive(s.TCP.KeepAlive)
	config.SetMultipathTCP(false)
	l, err := config.Listen(ctx, "tcp", net.JoinHostPort(s.BindAddress, strconv.Itoa(int(s.Port))))
	if err != nil {
		return nil, err
	}
	tcp := l.(*net.TCPListener) // what Listen returns for "tcp"
	made, err := newListener(tcp, s)
	if err != nil {
		_ = tcp.Close()
		return nil, fmt.Errorf("listen: %w", err)
	}
	return made, nil
}

// A listener undoes what net does to an accepted connection unasked. On Linux
// it can also give bare descriptors.
type listener struct {
	*net.TCPListener
	// file is a duplicate of the listener's descriptor, as raw must wait for
	// connections: a net.TCPListener's RawConn does not.
	file    *os.File
	raw     syscall.RawConn
	gate    gate
	arrived arrivals
	nagle   bool
}

func newListener(tcp *net.TCPListener, s spec.Server) (*listener, error) {
	file, err := tcp.File()
	if err != nil {
		return nil, err
	}
	raw, err := file.SyscallConn()
	if err == nil {
		err = setBacklog(raw, int(s.Backlog))
	}
	if err != nil {
		_ = file.Close()
		return nil, err
	}
	return &listener{TCPListener: tcp, file: file, raw: raw, gate: newGate(), nagle: s.TCP.Nagle == spec.Enabled}, nil
}

// Close implements net.Listener.
func (l *listener) Close() error {
	err := errors.Join(l.TCPListener.Close(), l.file.Close())
	l.arrived.closeAll() // an AcceptFD under way has ended, or finds the file closed
	return err
}

// Accept implements net.Listener. As with AcceptFD, some descriptors are left
// free, and it is for one goroutine at a time.
func (l *listener) Accept() (net.Conn, error) {
	if err := l.await(); err != nil {
		return nil, err
	}
	c, err := l.AcceptTCP()
	if err != nil {
		return nil, err
	}
	l.gate.note(c)
	return withNagle(c, l.nagle)
}

// A DialFunc connects, within ctx's deadline, which covers name resolution
// too.
type DialFunc func(ctx context.Context, network, address string) (net.Conn, error)

// Dialer returns a DialFunc that connects as c says. It resolves names anew
// on each call, and tries their addresses as RFC 8305 says.
func Dialer(c spec.Client) DialFunc {
	dialer := net.Dialer{
		Control:   control(c.TCP),
		KeepAlive: -1,
	}
	dialer.KeepAliveConfig = keepAlive(c.TCP.KeepAlive)
	dialer.SetMultipathTCP(false)
	if c.Connect.BindAddress != "" {
		dialer.LocalAddr = &net.TCPAddr{IP: net.ParseIP(c.Connect.BindAddress)}
	}
	nagle := c.TCP.Nagle == spec.Enabled
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dialer.DialContext(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return withNagle(conn.(*net.TCPConn), nagle)
	}
}

// withNagle switches Nagle's algorithm on; net has switched it off. It returns
// c, or closes it.
func withNagle(c *net.TCPConn, on bool) (net.Conn, error) {
	if !on {
		return c, nil
	}
	if err := c.SetNoDelay(false); err != nil {
		_ = c.Close()
		return nil, err
	}
	return c, nil
}

func keepAlive(k spec.KeepAlive) net.KeepAliveConfig {
	return net.KeepAliveConfig{
		Enable:   k.Mode == spec.Enabled,
		Idle:     time.Duration(k.Idle),
		Interval: time.Duration(k.Interval),
		Count:    int(k.Count),
	}
}

// control returns a function that sets options before bind and connect. A
// listening socket hands them on to those it accepts.
func control(t spec.TCP) func(network, address string, c syscall.RawConn) error {
	return func(_, _ string, c syscall.RawConn) error {
		var failed error
		if err := c.Control(func(fd uintptr) { failed = setOptions(int(fd), t) }); err != nil {
			return err
		}
		return failed
	}
}

// setBacklog calls listen(2) again: net takes its argument from
// net.core.somaxconn, and the kernel lets a later call change it.
func setBacklog(raw syscall.RawConn, backlog int) error {
	var failed error
	if err := raw.Control(func(fd uintptr) { failed = listen(int(fd), backlog) }); err != nil {
		return err
	}
	return failed
}
