// Package server accepts TCP connections and plays a session on each, as
// net/http does for requests: Serve, Shutdown, Close, ErrServerClosed.
package server

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"

	"tcp-operator.io/workload/cause"
	"tcp-operator.io/workload/credentials"
	"tcp-operator.io/workload/session"
	"tcp-operator.io/workload/snapshot"
	"tcp-operator.io/workload/wire"
)

// ErrServerClosed is returned by Serve after Shutdown or Close.
var ErrServerClosed = errors.New("server: closed")

// A Server plays a session on every connection it accepts. Its fields must
// not change once Serve was called.
type Server struct {
	// Config is what its sessions have in common.
	Config session.Config
	// MaxSessions is how many may be open at once; one more is closed at once.
	MaxSessions int
	// Poller holds the connections that have descriptors; nil: all keep a
	// goroutine. It is the caller's to close, after the server.
	Poller *wire.Poller
	// Credentials make the server speak TLS; nil: plain TCP. Sessions over TLS
	// keep a goroutine.
	Credentials *credentials.Store

	mu        sync.Mutex
	listeners map[net.Listener]struct{}
	sessions  map[*session.Session]struct{}
	rejected  map[*session.Session]struct{} // being closed because of MaxSessions
	shaking   map[net.Conn]struct{}         // in a TLS handshake
	quit      chan struct{}                 // closed by Shutdown and Close; nil before the first use
	draining  bool

	numbers atomic.Uint64
	serving sync.WaitGroup // of accept loops
	playing sync.WaitGroup // of sessions, the rejected included, and handshakes
}

// Serve accepts connections from l until Shutdown or Close, and closes l. Its
// error is never nil.
func (s *Server) Serve(l net.Listener) error {
	defer l.Close()
	if !s.track(l) {
		return ErrServerClosed
	}
	defer s.serving.Done()
	defer s.untrack(l)
	return s.acceptLoop(l)
}

// track notes l as listening, unless the server is shutting down: a Serve
// that races a Shutdown must not leave a listener behind.
func (s *Server) track(l net.Listener) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.initLocked()
	if s.draining {
		return false
	}
	s.listeners[l] = struct{}{}
	s.serving.Add(1)
	return true
}

func (s *Server) untrack(l net.Listener) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.listeners, l)
}

func (s *Server) initLocked() {
	if s.quit == nil {
		s.listeners = map[net.Listener]struct{}{}
		s.sessions = map[*session.Session]struct{}{}
		s.rejected = map[*session.Session]struct{}{}
		s.shaking = map[net.Conn]struct{}{}
		s.quit = make(chan struct{})
	}
}

// playOn begins a session on c if it may be one and there is room, or rejects
// it.
func (s *Server) playOn(c net.Conn, may bool) {
	number := s.numbers.Add(1)
	s.play(s.Poller.Wrap(c, s.Config.ChunkBytes(), number), number, may)
}

// play is playOn for a connection made with the session's number.
func (s *Server) play(conn wire.Conn, number uint64, may bool) {
	s.mu.Lock()
	if s.draining {
		s.mu.Unlock()
		conn.Close()
		return
	}
	one := session.New(&s.Config, s, conn, number)
	full := !may || s.fullLocked()
	if full {
		s.rejected[one] = struct{}{}
	} else {
		s.sessions[one] = struct{}{}
	}
	s.playing.Add(1)
	s.mu.Unlock()
	if full {
		one.Reject()
	} else {
		one.Start()
	}
}

// fullLocked reports whether there is room for no further session.
func (s *Server) fullLocked() bool { return len(s.sessions)+len(s.shaking) >= s.MaxSessions }

// SessionLost implements session.Owner.
func (s *Server) SessionLost(*session.Session, cause.End) {}

// SessionClosed implements session.Owner.
func (s *Server) SessionClosed(one *session.Session, _ cause.End) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.sessions, one)
	delete(s.rejected, one)
	s.playing.Done()
}

// Shutdown stops accepting, lets every promised reply go out, closes the
// sessions with FIN and returns when all have ended. When ctx ends before
// that, it returns ctx's error and the sessions go on: call Close then.
func (s *Server) Shutdown(ctx context.Context) error {
	for _, one := range s.stop() {
		one.Drain()
	}
	done := make(chan struct{})
	go s.await(done)
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// await closes done when nothing of the server runs any more.
func (s *Server) await(done chan<- struct{}) {
	s.serving.Wait()
	s.playing.Wait()
	close(done)
}

// Close ends everything at once: listeners, sessions, promised replies.
func (s *Server) Close() error {
	for _, one := range s.stop() {
		one.Close()
	}
	s.serving.Wait()
	s.playing.Wait()
	return nil
}

// stop closes the listeners and returns the sessions that are left.
func (s *Server) stop() []*session.Session {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.initLocked()
	if !s.draining {
		s.draining = true
		close(s.quit)
	}
	for l := range s.listeners {
		_ = l.Close() // Serve reports what matters
	}
	for c := range s.shaking {
		_ = c.Close() // nobody was promised anything
	}
	left := make([]*session.Session, 0, len(s.sessions)+len(s.rejected))
	for one := range s.sessions {
		left = append(left, one)
	}
	for one := range s.rejected {
		left = append(left, one)
	}
	return left
}

// Observe adds to a snapshot what only the server knows.
func (s *Server) Observe(to *snapshot.Snapshot) {
	if s.Credentials != nil {
		to.CertificateExpiryTime = new(s.Credentials.Expiry())
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	to.Draining = s.draining
	to.Ready = len(s.listeners) > 0 && !s.draining
	to.Sessions.Open = int64(len(s.sessions))
	if s.draining {
		return
	}
	for l := range s.listeners {
		to.ListenAddresses = append(to.ListenAddresses, addressText(l.Addr()))
	}
	slices.Sort(to.ListenAddresses)
}

// Open returns the open sessions, in no order.
func (s *Server) Open() []*session.Session {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]*session.Session, 0, len(s.sessions))
	for one := range s.sessions {
		all = append(all, one)
	}
	return all
}

func addressText(a net.Addr) string {
	if ap, err := netip.ParseAddrPort(a.String()); err == nil {
		return ap.String()
	}
	return a.String()
}
