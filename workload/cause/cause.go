// Package cause names the reason why a session ended or an attempt failed. It
// is pure, and looks at the types of errors, never at their text.
//
// The errno values are those of connect(2), tcp(7), ip(7) and icmp(7).
package cause

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"slices"
	"syscall"

	"tcp-operator.io/workload/snapshot"
)

// An End is why a session ended and who ended it first.
type End struct {
	Reason snapshot.Reason
	By     snapshot.Side
	// Err is the error behind it, for people; nil where there is none.
	Err error
}

// OfSession classifies the error of a read or a write on an established
// connection. io.EOF is the peer's FIN.
func OfSession(err error) End {
	reason, by := snapshot.OtherError, snapshot.Network
	switch {
	// TLS calls FIN unexpected when no close_notify came before it.
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return End{Reason: snapshot.PeerClosed, By: snapshot.Peer}
	case isAny(err, syscall.ECONNRESET, syscall.EPIPE, syscall.ECONNABORTED):
		reason, by = snapshot.PeerReset, snapshot.Peer
	case alerted(err):
		reason, by = snapshot.PeerAlert, snapshot.Peer
	case isAny(err, syscall.ETIMEDOUT):
		reason = snapshot.KeepAliveTimeout
	case unreachable(err):
		reason = snapshot.Unreachable
	case errors.Is(err, os.ErrDeadlineExceeded):
		reason, by = snapshot.WriteTimeout, snapshot.Local
	case errors.Is(err, net.ErrClosed):
		reason, by = snapshot.LocalClosed, snapshot.Local
	}
	return End{Reason: reason, By: by, Err: err}
}

// OfAttempt classifies the error of a dial.
func OfAttempt(err error) (snapshot.Phase, snapshot.Reason) {
	if handshake, ok := errors.AsType[*HandshakeError](err); ok {
		return snapshot.PhaseHandshake, OfHandshake(handshake.Err)
	}
	if dns, ok := errors.AsType[*net.DNSError](err); ok {
		if dns.IsNotFound {
			return snapshot.PhaseResolve, snapshot.NameNotFound
		}
		return snapshot.PhaseResolve, snapshot.NameServerFailed
	}
	return snapshot.PhaseConnect, connectReason(err)
}

func connectReason(err error) snapshot.Reason {
	if call, ok := errors.AsType[*os.SyscallError](err); ok && call.Syscall == "bind" {
		return snapshot.BindFailed
	}
	if _, ok := errors.AsType[*net.AddrError](err); ok {
		return snapshot.BindFailed // the bind address is of the other IP version
	}
	switch {
	// Reset while connecting: something answered, and would not have us.
	case isAny(err, syscall.ECONNREFUSED, syscall.ECONNRESET):
		return snapshot.Refused
	case unreachable(err):
		return snapshot.Unreachable
	case isAny(err, syscall.ETIMEDOUT), errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded):
		return snapshot.ConnectTimeout
	case isAny(err, syscall.EADDRNOTAVAIL, syscall.EADDRINUSE):
		return snapshot.BindFailed // no local port is left
	}
	return snapshot.OtherError
}

// Passing reports whether the error of an accept says nothing against the
// listener: descriptors or memory have run out, or Linux hands on what the
// network did to the new connection.
func Passing(err error) bool {
	return unreachable(err) || isAny(err, syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.ENOMEM,
		syscall.ECONNABORTED, syscall.EINTR, syscall.ETIMEDOUT, syscall.EOPNOTSUPP)
}

func unreachable(err error) bool {
	return isAny(err, syscall.EHOSTUNREACH, syscall.ENETUNREACH, syscall.EHOSTDOWN, syscall.ENETDOWN,
		syscall.EPROTO, syscall.ENOPROTOOPT, syscall.EACCES, syscall.EPERM)
}

func isAny(err error, targets ...syscall.Errno) bool {
	errno, ok := errors.AsType[syscall.Errno](err)
	if !ok {
		return false
	}
	return slices.Contains(targets, errno)
}
