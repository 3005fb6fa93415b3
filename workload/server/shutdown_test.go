package server

import (
	"context"
	"errors"
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"tcp-operator.io/workload/memnet"
	"tcp-operator.io/workload/session"
	"tcp-operator.io/workload/snapshot"
)

func TestShutdownKeepsPromises(t *testing.T) { // C10
	inWorld(t, nil, func(w *world) {
		const peers = 100
		var conns []net.Conn
		for range peers {
			c := w.dial()
			w.send(c, "m")
			conns = append(conns, c)
		}
		time.Sleep(time.Second)
		start := time.Now()
		shut := make(chan error, 1)
		go func() { shut <- w.server.Shutdown(w.t.Context()) }()
		synctest.Wait()
		if s := w.snapshot(); s.Ready || !s.Draining || len(s.ListenAddresses) > 0 {
			t.Errorf("while draining: %+v", s)
		}
		if _, err := w.network.Dial(w.t.Context(), "tcp", address); err == nil {
			t.Error("a new connection was accepted while draining")
		}
		for _, c := range conns {
			_, _ = io.WriteString(c, "too late for a promise")
			if got, err := io.ReadAll(c); err != nil || string(got) != "reply 1" {
				t.Fatalf("got %q, %v", got, err)
			}
			_ = c.Close()
		}
		if err := <-shut; err != nil {
			t.Error(err)
		}
		if took := time.Since(start); took != 4*time.Second {
			t.Errorf("shutdown took %s", took)
		}
		w.wantCloses(map[snapshot.Reason]int64{snapshot.Drained: peers})
	})
}

func TestShutdownDoesNotWaitForPeersThatStay(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.dial() // and never closes
		start := time.Now()
		if err := w.server.Shutdown(w.t.Context()); err != nil {
			t.Error(err)
		}
		if took := time.Since(start); took != session.DrainTimeout {
			t.Errorf("shutdown took %s", took)
		}
	})
}

func TestCloseBreaksPromises(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		c := w.dial()
		w.send(c, "m")
		start := time.Now()
		ctx, cancel := context.WithCancel(w.t.Context())
		shut := make(chan error, 1)
		go func() { shut <- w.server.Shutdown(ctx) }()
		synctest.Wait()
		cancel()
		if err := <-shut; !errors.Is(err, context.Canceled) {
			t.Errorf("Shutdown returned %v", err)
		}
		_ = w.server.Close()
		if got, _ := io.ReadAll(c); len(got) > 0 || time.Since(start) > 0 {
			t.Errorf("got %q after %s", got, time.Since(start))
		}
		w.wantCloses(map[snapshot.Reason]int64{snapshot.LocalClosed: 1})
	})
}

func TestServeAfterClose(t *testing.T) {
	s := newServer(nil)
	_ = s.Close()
	l, err := (&memnet.Network{}).Listen(address)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Serve(l); !errors.Is(err, ErrServerClosed) {
		t.Errorf("Serve returned %v", err)
	}
}
