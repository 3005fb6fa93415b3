package server

import (
	"errors"
	"net"
	"runtime"
	"testing"
	"time"

	"tcp-operator.io/workload/snapshot"
	"tcp-operator.io/workload/socket"
	"tcp-operator.io/workload/spec"
	"tcp-operator.io/workload/wire"
)

// A loopback is a server on sockets of the kernel, for what a network in
// memory cannot show.
type loopback struct {
	testing.TB
	server  *Server
	address string
}

// onLoopback starts a server that parks its sessions. It is closed with the
// test.
func onLoopback(t testing.TB, change func(*spec.Server)) *loopback {
	t.Helper()
	poller, err := wire.NewPoller(runtime.GOMAXPROCS(0))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = poller.Close() })
	return onLoopbackWith(t, poller, change)
}

// onLoopbackWith starts a server with a poller; nil: with goroutines.
func onLoopbackWith(t testing.TB, poller *wire.Poller, change func(*spec.Server)) *loopback {
	t.Helper()
	settings := spec.DefaultServer()
	settings.Port, settings.BindAddress = 0, "127.0.0.1"
	s := newServer(func(s *spec.Server) {
		if change != nil {
			change(s)
		}
		s.Port, s.BindAddress = 0, "127.0.0.1"
		settings = *s
	})
	s.Poller = poller
	listener, err := socket.Listen(t.Context(), settings)
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- s.Serve(listener) }()
	t.Cleanup(func() {
		_ = s.Close()
		if err := <-served; !errors.Is(err, ErrServerClosed) {
			t.Errorf("Serve returned %v", err)
		}
	})
	return &loopback{t, s, listener.Addr().String()}
}

func (l *loopback) dial() *net.TCPConn {
	l.Helper()
	c, err := net.Dial("tcp", l.address)
	if err != nil {
		l.Fatal(err)
	}
	l.Cleanup(func() { _ = c.Close() })
	return c.(*net.TCPConn)
}

// until looks at the server's counters again and again until they are ok: the
// kernel delivers when it likes, and tells nobody.
func (l *loopback) until(what string, ok func(snapshot.Snapshot) bool) snapshot.Snapshot {
	l.Helper()
	look := time.NewTicker(time.Millisecond)
	defer look.Stop()
	giveUp := time.After(20 * time.Second)
	for {
		var s snapshot.Snapshot
		l.server.Config.Stats.Fill(&s)
		l.server.Observe(&s)
		if ok(s) {
			return s
		}
		select {
		case <-look.C:
		case <-giveUp:
			l.Fatalf("not in 20 s: %s; %+v", what, s)
		}
	}
}
