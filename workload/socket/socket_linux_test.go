package socket

import (
	"context"
	"errors"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
	"golang.org/x/sys/unix"

	"tcp-operator.io/workload/spec"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// options are what the kernel says of a socket.
type options struct {
	NoDelay, KeepAlive, Idle, Interval, Count, UserTimeout, Protocol int
}

func optionsOf(t *testing.T, fd int) (o options) {
	t.Helper()
	for option, to := range map[[2]int]*int{
		{unix.IPPROTO_TCP, unix.TCP_NODELAY}:      &o.NoDelay,
		{unix.SOL_SOCKET, unix.SO_KEEPALIVE}:      &o.KeepAlive,
		{unix.IPPROTO_TCP, unix.TCP_KEEPIDLE}:     &o.Idle,
		{unix.IPPROTO_TCP, unix.TCP_KEEPINTVL}:    &o.Interval,
		{unix.IPPROTO_TCP, unix.TCP_KEEPCNT}:      &o.Count,
		{unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT}: &o.UserTimeout,
		{unix.SOL_SOCKET, unix.SO_PROTOCOL}:       &o.Protocol,
	} {
		value, err := unix.GetsockoptInt(fd, option[0], option[1])
		if err != nil {
			t.Fatal(err)
		}
		*to = value
	}
	return o
}

func withFD(t *testing.T, c syscall.Conn, do func(fd int)) {
	t.Helper()
	raw, err := c.SyscallConn()
	if err == nil {
		err = raw.Control(func(fd uintptr) { do(int(fd)) })
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestOptionsOnBothSides(t *testing.T) {
	asked := spec.TCP{
		Nagle: spec.Enabled,
		KeepAlive: spec.KeepAlive{Mode: spec.Enabled, Idle: spec.Duration(20 * time.Second),
			Interval: spec.Duration(1500 * time.Millisecond), Count: 4},
		UserTimeout: spec.Duration(7 * time.Second),
	}
	system := func(t *testing.T) options { // keep-alive times that nobody has set
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer unix.Close(fd)
		return optionsOf(t, fd)
	}(t)
	byDefault := system
	byDefault.NoDelay = 1
	tests := []struct {
		name string
		tcp  spec.TCP
		want options
	}{
		{"by default keep-alive is off", spec.DefaultServer().TCP, byDefault},
		{"as asked", asked, options{KeepAlive: 1, Idle: 20, Interval: 2, Count: 4, UserTimeout: 7000, Protocol: unix.IPPROTO_TCP}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := spec.DefaultServer()
			s.Port, s.BindAddress, s.TCP = 0, "127.0.0.1", tt.tcp
			l, err := Listen(t.Context(), s)
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			c := spec.DefaultClient()
			c.TCP, c.Connect.BindAddress = tt.tcp, "127.0.0.5"
			dial := func() {
				near, err := Dialer(c)(t.Context(), "tcp", l.Addr().String())
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { _ = near.Close() })
				withFD(t, near.(syscall.Conn), func(fd int) {
					if diff := cmp.Diff(tt.want, optionsOf(t, fd)); diff != "" {
						t.Errorf("client (-want +got):\n%s", diff)
					}
				})
			}
			dial()
			fd, peer, err := l.(*listener).AcceptFD()
			if err != nil {
				t.Fatal(err)
			}
			defer unix.Close(fd)
			if diff := cmp.Diff(tt.want, optionsOf(t, fd)); diff != "" {
				t.Errorf("server, bare descriptor (-want +got):\n%s", diff)
			}
			if peer.Addr().String() != "127.0.0.5" {
				t.Errorf("the client is bound to %s", peer)
			}
			dial() // only now: AcceptFD takes all that wait
			far, err := l.Accept()
			if err != nil {
				t.Fatal(err)
			}
			defer far.Close()
			withFD(t, far.(syscall.Conn), func(fd int) {
				if diff := cmp.Diff(tt.want, optionsOf(t, fd)); diff != "" {
					t.Errorf("server, net.Conn (-want +got):\n%s", diff)
				}
			})
		})
	}
}

func TestBacklogIsListensArgument(t *testing.T) {
	for _, backlog := range []int32{1, 50, 300} {
		s := spec.DefaultServer()
		s.Port, s.BindAddress, s.Backlog = 0, "127.0.0.1", backlog
		l, err := Listen(t.Context(), s)
		if err != nil {
			t.Fatal(err)
		}
		withFD(t, l.(*listener).TCPListener, func(fd int) {
			info, err := unix.GetsockoptTCPInfo(fd, unix.IPPROTO_TCP, unix.TCP_INFO)
			// For a listening socket tcpi_sacked is the backlog: ss(8)'s Send-Q.
			if err != nil || info.Sacked != uint32(backlog) {
				t.Errorf("backlog %d: the kernel has %d, %v", backlog, info.Sacked, err)
			}
		})
		_ = l.Close()
	}
}

func TestAddressFamilies(t *testing.T) { // C20
	tests := []struct {
		bind string
		can  map[string]bool
	}{
		{"", map[string]bool{"127.0.0.1": true, "::1": true}},
		{"127.0.0.1", map[string]bool{"127.0.0.1": true, "::1": false}},
		{"::1", map[string]bool{"127.0.0.1": false, "::1": true}},
	}
	for _, tt := range tests {
		t.Run("bind "+tt.bind, func(t *testing.T) {
			s := spec.DefaultServer()
			s.Port, s.BindAddress = 0, tt.bind
			l, err := Listen(t.Context(), s)
			if errors.Is(err, unix.EAFNOSUPPORT) || errors.Is(err, unix.EADDRNOTAVAIL) {
				t.Skip(err) // this host has no IPv6, or no ::1
			}
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			_, port, _ := net.SplitHostPort(l.Addr().String())
			for host, can := range tt.can {
				c, err := Dialer(spec.DefaultClient())(t.Context(), "tcp", net.JoinHostPort(host, port))
				if (err == nil) != can {
					t.Errorf("dial %s: %v", host, err)
				}
				if err == nil {
					_ = c.Close()
				}
			}
		})
	}
}

func TestClosedListener(t *testing.T) {
	s := spec.DefaultServer()
	s.Port, s.BindAddress = 0, "127.0.0.1"
	l, err := Listen(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error)
	go func() {
		_, _, err := l.(*listener).AcceptFD()
		ended <- err
	}()
	address := l.Addr().String()
	_ = l.Close()
	if err := <-ended; err == nil {
		t.Error("AcceptFD goes on after Close")
	}
	if _, err := net.Dial("tcp", address); err == nil {
		t.Error("the port is still open after Close")
	}
}

func TestDialerGivesUpWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Dialer(spec.DefaultClient())(ctx, "tcp", "127.0.0.1:9"); err == nil || !strings.Contains(err.Error(), "cancel") {
		t.Errorf("got %v", err)
	}
}

// A client that finds the backlog full is turned away for a second. So what
// waits is taken from the kernel before anything is done about it.
func TestAcceptFDEmptiesTheBacklog(t *testing.T) {
	s := spec.DefaultServer()
	s.Port, s.BindAddress, s.Backlog = 0, "127.0.0.1", 3
	l, err := Listen(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	dial := func() net.Conn {
		c, err := Dialer(spec.DefaultClient())(t.Context(), "tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		return c
	}
	first, second, third := dial(), dial(), dial()
	fd, peer, err := l.(*listener).AcceptFD()
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	if peer.String() != first.LocalAddr().String() {
		t.Errorf("accepted %s before %s", peer, first.LocalAddr())
	}
	withFD(t, l.(*listener).TCPListener, func(fd int) {
		info, err := unix.GetsockoptTCPInfo(fd, unix.IPPROTO_TCP, unix.TCP_INFO)
		// For a listening socket tcpi_unacked is how many wait: ss(8)'s Recv-Q.
		if err != nil || info.Unacked != 0 {
			t.Errorf("%d still wait, %v", info.Unacked, err)
		}
	})
	_ = l.Close()
	for _, c := range []net.Conn{second, third} {
		_ = c.SetReadDeadline(time.Now().Add(10 * time.Second))
		if n, err := c.Read(make([]byte, 1)); n != 0 || errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("a closed listener keeps a connection that nobody asked for: %d bytes, %v", n, err)
		}
	}
}

func TestAConnectionWithoutItsOptionsIsClosed(t *testing.T) {
	s := spec.DefaultServer()
	s.Port, s.BindAddress = 0, "127.0.0.1"
	l, err := Listen(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	_ = c.Close() // so that no option can be set
	if got, err := withNagle(c.(*net.TCPConn), true); got != nil || !errors.Is(err, net.ErrClosed) {
		t.Errorf("got %v, %v", got, err)
	}
}

// The room of one rush serves the next.
func TestArrivalsKeepTheirOrder(t *testing.T) {
	var a arrivals
	for round := range 3 {
		for fd := range 5 {
			a.push(arrival{fd: round*5 + fd})
		}
		for fd := range 5 {
			if one, ok := a.pop(); !ok || one.fd != round*5+fd || a.len() != 4-fd {
				t.Fatalf("got %d, %t; %d are left", one.fd, ok, a.len())
			}
		}
		if one, ok := a.pop(); ok {
			t.Fatalf("got %d of none", one.fd)
		}
	}
	if len(a.waiting) != 0 || cap(a.waiting) > 8 {
		t.Errorf("%d of %d places are taken", len(a.waiting), cap(a.waiting))
	}
}
