package server

import (
	"fmt"
	"net"
	"net/netip"
	"time"

	"tcp-operator.io/workload/cause"
)

// Bounds of the pause after a failed accept, those of net/http.
const (
	minAcceptPause = 5 * time.Millisecond
	maxAcceptPause = time.Second
)

// A descriptorListener accepts bare descriptors. It is how a connection comes
// to the Poller without ever having been in Go's own.
type descriptorListener interface {
	AcceptFD() (fd int, peer netip.AddrPort, err error)
}

// accepter returns a function that accepts a connection from l and begins a
// session on it.
func (s *Server) accepter(l net.Listener) func() error {
	chunk := s.Config.ChunkBytes()
	descriptors, ok := l.(descriptorListener)
	if ok && s.Poller != nil && s.Credentials == nil {
		return func() error {
			fd, peer, err := descriptors.AcceptFD()
			if err == nil {
				number := s.numbers.Add(1)
				s.play(s.Poller.Adopt(fd, peer, chunk, number), number, true)
			}
			return err
		}
	}
	return func() error {
		c, err := l.Accept()
		switch {
		case err != nil:
		case s.Credentials != nil:
			s.beginHandshake(c)
		default:
			s.playOn(c, true)
		}
		return err
	}
}

// acceptLoop accepts until the server closes. An accept that fails because
// descriptors or memory have run out is tried again after a pause; the
// connection waits in the backlog. So is one that fails with an error of the
// new connection, which Linux hands on from its network (accept(2)).
func (s *Server) acceptLoop(l net.Listener) error {
	var pause time.Duration
	accept := s.accepter(l)
	for {
		err := accept()
		if err == nil {
			pause = 0
			continue
		}
		if s.closing() {
			return ErrServerClosed
		}
		if !cause.Passing(err) {
			return fmt.Errorf("accept: %w", err)
		}
		pause = nextPause(pause)
		s.Config.Stats.AcceptFailed()
		s.Config.Log.Warn("Accept failed, trying again", "error", err, "pause", pause.String())
		if !s.sleep(pause) {
			return ErrServerClosed
		}
	}
}

// nextPause doubles the pause after one more failure in a row.
func nextPause(last time.Duration) time.Duration {
	return min(max(2*last, minAcceptPause), maxAcceptPause)
}

// sleep waits; false means that the server is closing.
func (s *Server) sleep(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-s.quit:
		return false
	}
}

func (s *Server) closing() bool {
	select {
	case <-s.quit:
		return true
	default:
		return false
	}
}
