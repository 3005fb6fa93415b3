package credentials

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"time"

	"tcp-operator.io/workload/cause"
	"tcp-operator.io/workload/socket"
)

// Dialer returns a DialFunc that connects by dial and then shakes hands with
// a server whose certificate must be for name. The context's deadline covers
// both. An error of the handshake is a *cause.HandshakeError.
func (s *Store) Dialer(dial socket.DialFunc, name string) socket.DialFunc {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		plain, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		conn := tls.Client(plain, s.ForClient(name))
		if err := conn.HandshakeContext(ctx); err != nil {
			stop := context.AfterFunc(ctx, func() { _ = plain.Close() })
			defer stop()
			HangUp(plain)
			return nil, &cause.HandshakeError{Err: err}
		}
		return conn, nil
	}
}

// A peer that was refused is listened to for so long and so much, for nothing.
const (
	lingerTimeout = time.Second
	lingerBytes   = 64 << 10
)

// HangUp closes c after its handshake has failed. Our alert tells the peer
// why. Closing at once would answer what the peer still sends, a greeting for
// instance, with RST, and RST can overtake the alert. HangUp therefore sends
// FIN and waits for the peer's, for a second at most; Close ends the wait.
func HangUp(c net.Conn) {
	if half, ok := c.(interface{ CloseWrite() error }); ok && half.CloseWrite() == nil &&
		c.SetReadDeadline(time.Now().Add(lingerTimeout)) == nil {
		_, _ = io.CopyN(io.Discard, c, lingerBytes) // whatever ends it, we close
	}
	_ = c.Close() // the handshake's error is the one to tell
}
