package cause

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"syscall"
	"testing"

	"tcp-operator.io/workload/snapshot"
)

func read(err error) error {
	return &net.OpError{Op: "read", Net: "tcp", Err: os.NewSyscallError("read", err)}
}

func dial(call string, err error) error {
	return &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError(call, err)}
}

func TestOfSession(t *testing.T) {
	tests := []struct {
		err    error
		reason snapshot.Reason
		by     snapshot.Side
	}{
		{io.EOF, snapshot.PeerClosed, snapshot.Peer},
		{read(syscall.ECONNRESET), snapshot.PeerReset, snapshot.Peer},
		{read(syscall.EPIPE), snapshot.PeerReset, snapshot.Peer},
		{read(syscall.ETIMEDOUT), snapshot.KeepAliveTimeout, snapshot.Network},
		{read(syscall.EHOSTUNREACH), snapshot.Unreachable, snapshot.Network},
		{read(syscall.ENETUNREACH), snapshot.Unreachable, snapshot.Network},
		{read(syscall.ENETDOWN), snapshot.Unreachable, snapshot.Network},
		{read(syscall.EIO), snapshot.OtherError, snapshot.Network},
		{&net.OpError{Op: "write", Err: os.ErrDeadlineExceeded}, snapshot.WriteTimeout, snapshot.Local},
		{net.ErrClosed, snapshot.LocalClosed, snapshot.Local},
		{errors.New("what is this"), snapshot.OtherError, snapshot.Network},
	}
	for _, tt := range tests {
		got := OfSession(tt.err)
		if got.Reason != tt.reason || got.By != tt.by {
			t.Errorf("%v: got %s by %s, want %s by %s", tt.err, got.Reason, got.By, tt.reason, tt.by)
		}
		if !slices.Contains(snapshot.CloseReasons(), got.Reason) {
			t.Errorf("%v: %s is no close reason", tt.err, got.Reason)
		}
	}
}

func TestOfAttempt(t *testing.T) {
	tests := []struct {
		err    error
		phase  snapshot.Phase
		reason snapshot.Reason
	}{
		{&net.OpError{Op: "dial", Err: &net.DNSError{IsNotFound: true}}, snapshot.PhaseResolve, snapshot.NameNotFound},
		{&net.OpError{Op: "dial", Err: &net.DNSError{IsTimeout: true}}, snapshot.PhaseResolve, snapshot.NameServerFailed},
		{&net.OpError{Op: "dial", Err: &net.DNSError{Err: "server misbehaving"}}, snapshot.PhaseResolve, snapshot.NameServerFailed},
		{dial("connect", syscall.ECONNREFUSED), snapshot.PhaseConnect, snapshot.Refused},
		{dial("connect", syscall.EHOSTUNREACH), snapshot.PhaseConnect, snapshot.Unreachable},
		{dial("connect", syscall.EACCES), snapshot.PhaseConnect, snapshot.Unreachable}, // a firewall here says no
		{dial("connect", syscall.ETIMEDOUT), snapshot.PhaseConnect, snapshot.ConnectTimeout},
		{fmt.Errorf("dial: %w", context.DeadlineExceeded), snapshot.PhaseConnect, snapshot.ConnectTimeout},
		{dial("bind", syscall.EADDRNOTAVAIL), snapshot.PhaseConnect, snapshot.BindFailed},
		{dial("connect", syscall.EADDRNOTAVAIL), snapshot.PhaseConnect, snapshot.BindFailed},
		{&net.OpError{Op: "dial", Err: &net.AddrError{Err: "no suitable address found"}}, snapshot.PhaseConnect, snapshot.BindFailed},
		{dial("socket", syscall.EMFILE), snapshot.PhaseConnect, snapshot.OtherError},
	}
	for _, tt := range tests {
		phase, reason := OfAttempt(tt.err)
		if phase != tt.phase || reason != tt.reason {
			t.Errorf("%v: got %s in %s, want %s in %s", tt.err, reason, phase, tt.reason, tt.phase)
		}
		if !slices.Contains(snapshot.FailureReasons(), reason) {
			t.Errorf("%v: %s is no failure reason", tt.err, reason)
		}
	}
}

func TestPassing(t *testing.T) {
	for errno, want := range map[syscall.Errno]bool{
		syscall.EMFILE: true, syscall.ENFILE: true, syscall.ENOBUFS: true, syscall.ENOMEM: true, syscall.ECONNABORTED: true,
		syscall.ENETDOWN: true, syscall.EBADF: false, syscall.EINVAL: false,
	} {
		if got := Passing(os.NewSyscallError("accept4", errno)); got != want {
			t.Errorf("%v: got %t", errno, got)
		}
	}
	if Passing(net.ErrClosed) {
		t.Error("a closed listener does not pass")
	}
}
