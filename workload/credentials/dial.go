package credentials

import (
	"context"
	"crypto/tls"
	"net"

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
			_ = plain.Close() // the handshake's error is the one to tell
			return nil, &cause.HandshakeError{Err: err}
		}
		return conn, nil
	}
}
