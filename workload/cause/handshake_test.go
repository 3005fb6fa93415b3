package cause

import (
	"context"
	"crypto/tls"
	"crypto/x509"
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

func TestOfHandshake(t *testing.T) {
	unverified := func(err error) error { return &tls.CertificateVerificationError{Err: err} }
	alert := &net.OpError{Op: "remote error", Err: tls.AlertError(42)}
	tests := []struct {
		err  error
		want snapshot.Reason
	}{
		{unverified(x509.UnknownAuthorityError{}), snapshot.CertificateUntrusted},
		{unverified(x509.CertificateInvalidError{Reason: x509.IncompatibleUsage}), snapshot.CertificateUntrusted},
		{unverified(x509.CertificateInvalidError{Reason: x509.Expired}), snapshot.CertificateExpired},
		{unverified(x509.HostnameError{Certificate: &x509.Certificate{}}), snapshot.CertificateNameMismatch},
		{tls.RecordHeaderError{Msg: "first record does not look like a TLS handshake"}, snapshot.NotTLS},
		{alert, snapshot.PeerAlert},
		{context.DeadlineExceeded, snapshot.HandshakeTimeout},
		{&net.OpError{Op: "read", Err: os.ErrDeadlineExceeded}, snapshot.HandshakeTimeout},
		{read(syscall.ECONNRESET), snapshot.HandshakeFailed},
		{io.EOF, snapshot.HandshakeFailed},
		{errors.New("what is this"), snapshot.HandshakeFailed},
	}
	for _, tt := range tests {
		if got := OfHandshake(tt.err); got != tt.want {
			t.Errorf("%T: got %s, want %s", tt.err, got, tt.want)
		}
		phase, reason := OfAttempt(fmt.Errorf("dial: %w", &HandshakeError{tt.err}))
		if phase != snapshot.PhaseHandshake || reason != tt.want {
			t.Errorf("%T: the attempt failed with %s in %s", tt.err, reason, phase)
		}
		// Whoever reads a snapshot refuses what is in neither list.
		if !slices.Contains(snapshot.FailureReasons(), reason) || !slices.Contains(snapshot.Phases(), phase) {
			t.Errorf("%s in %s is in no list", reason, phase)
		}
	}
	if got := OfSession(alert); got.Reason != snapshot.PeerAlert || got.By != snapshot.Peer {
		t.Errorf("an alert in a session: %+v", got)
	}
	if got := OfSession(io.ErrUnexpectedEOF); got.Reason != snapshot.PeerClosed || got.By != snapshot.Peer {
		t.Errorf("FIN without close_notify: %+v", got)
	}
}
