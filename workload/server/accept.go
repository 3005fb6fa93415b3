package server

import (
	"fmt"
	"net"
	"time"

	"tcp-operator.io/workload/cause"
)

// Bounds of the pause after a failed accept, those of net/http.
const (
	minAcceptPause = 5 * time.Millisecond
	maxAcceptPause = time.Second
)

// acceptLoop accepts until the server closes. An accept that fails because
// descriptors or memory have run out is tried again after a pause; the
// connection waits in the backlog. One whose peer has gone meanwhile
// (ECONNABORTED, accept(2)) is nothing to wait for: Go's accept skips it.
func (s *Server) acceptLoop(l net.Listener) error {
	var pause time.Duration
	for {
		c, err := l.Accept()
		if err == nil {
			pause = 0
			s.play(c)
			continue
		}
		if s.closing() {
			return ErrServerClosed
		}
		if !cause.OutOfResources(err) {
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
