package cause

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"os"

	"tcp-operator.io/workload/snapshot"
)

// A HandshakeError is the error of a TLS handshake, as against one of the
// connect before it.
type HandshakeError struct{ Err error }

func (e *HandshakeError) Error() string { return "TLS handshake: " + e.Err.Error() }

// Unwrap returns the error of crypto/tls.
func (e *HandshakeError) Unwrap() error { return e.Err }

// OfHandshake classifies the error of a TLS handshake, on either side.
func OfHandshake(err error) snapshot.Reason {
	if invalid, ok := errors.AsType[x509.CertificateInvalidError](err); ok && invalid.Reason == x509.Expired {
		return snapshot.CertificateExpired
	}
	if _, ok := errors.AsType[x509.HostnameError](err); ok {
		return snapshot.CertificateNameMismatch
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return snapshot.CertificateUntrusted
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return snapshot.NotTLS
	}
	switch {
	case alerted(err):
		return snapshot.PeerAlert
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded):
		return snapshot.HandshakeTimeout
	}
	return snapshot.HandshakeFailed
}

// alerted reports whether the peer sent a TLS alert. crypto/tls has no type
// for it, but an operation of its own.
func alerted(err error) bool {
	op, ok := errors.AsType[*net.OpError](err)
	return ok && op.Op == "remote error"
}
