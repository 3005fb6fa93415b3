package server

import (
	"context"
	"crypto/tls"
	"net"
	"time"

	"tcp-operator.io/workload/cause"
	"tcp-operator.io/workload/snapshot"
)

// HandshakeTimeout bounds a TLS handshake with a client.
const HandshakeTimeout = 10 * time.Second

// beginHandshake shakes hands with the client of c, and then begins a session
// on it. A client under way counts for MaxSessions.
func (s *Server) beginHandshake(c net.Conn) {
	if !s.trackHandshake(c) {
		_ = c.Close()
		return
	}
	go s.handshake(c)
}

// trackHandshake notes that c is in a handshake; false: there is no room, or
// the server is shutting down.
func (s *Server) trackHandshake(c net.Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.draining {
		return false
	}
	if len(s.sessions)+len(s.shaking) >= s.MaxSessions {
		s.Config.Stats.Rejected()
		return false
	}
	s.shaking[c] = struct{}{}
	s.playing.Add(1)
	return true
}

func (s *Server) handshake(c net.Conn) {
	defer s.playing.Done()
	conn := tls.Server(c, s.Credentials.ForServer())
	ctx, cancel := context.WithTimeout(context.Background(), HandshakeTimeout)
	defer cancel()
	err := conn.HandshakeContext(ctx)
	s.mu.Lock()
	delete(s.shaking, c)
	draining := s.draining
	s.mu.Unlock()
	switch {
	case err == nil:
		s.play(s.Poller.Wrap(conn, s.Config.ChunkBytes()))
		return
	case !draining: // otherwise we broke it off
		reason := cause.OfHandshake(err)
		s.Config.Stats.Failed(reason)
		s.Config.Log.Warn("Handshake failed", "peer", c.RemoteAddr().String(), "reason", reason,
			"phase", snapshot.PhaseHandshake, "error", err)
	}
	_ = c.Close() // the handshake's error is the one to tell
}
