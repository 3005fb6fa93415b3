package server

import (
	"context"
	"crypto/tls"
	"net"
	"time"

	"tcp-operator.io/workload/cause"
	"tcp-operator.io/workload/credentials"
	"tcp-operator.io/workload/snapshot"
)

// HandshakeTimeout bounds a TLS handshake with a client.
const HandshakeTimeout = 10 * time.Second

// beginHandshake shakes hands with the client of c, and then begins a session
// on it. A client under way counts for MaxSessions.
func (s *Server) beginHandshake(c net.Conn) {
	s.mu.Lock()
	begin := !s.draining && !s.fullLocked()
	if begin {
		s.shaking[c] = struct{}{}
		s.playing.Add(1)
	}
	s.mu.Unlock()
	if !begin {
		s.playOn(c, false)
		return
	}
	go s.handshake(c)
}

func (s *Server) handshake(c net.Conn) {
	defer s.playing.Done()
	conn := tls.Server(c, s.Credentials.ForServer())
	ctx, cancel := context.WithTimeout(context.Background(), HandshakeTimeout)
	defer cancel()
	if err := conn.HandshakeContext(ctx); err != nil {
		s.refuse(c, err)
		return
	}
	s.shaken(c)
	s.playOn(conn, true)
}

// refuse ends c, whose handshake failed. It stays among those that shutting
// down breaks off.
func (s *Server) refuse(c net.Conn, err error) {
	defer s.shaken(c)
	if !s.closing() { // otherwise we broke it off
		reason := cause.OfHandshake(err)
		s.Config.Stats.Failed(reason)
		s.Config.Log.Warn("Handshake failed", "peer", c.RemoteAddr().String(), "reason", reason,
			"phase", snapshot.PhaseHandshake, "error", err)
	}
	credentials.HangUp(c)
}

// shaken notes that c is in a handshake no more.
func (s *Server) shaken(c net.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.shaking, c)
}
