package server

import (
	"errors"
	"flag"
	"io"
	"log/slog"
	"net"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"tcp-operator.io/workload/memnet"
	"tcp-operator.io/workload/session"
	"tcp-operator.io/workload/snapshot"
	"tcp-operator.io/workload/spec"
	"tcp-operator.io/workload/stats"
)

var full = flag.Bool("full", false, "run the tests on loopback at their full size, not at a tenth or so")

func TestMain(m *testing.M) {
	flag.Parse()
	goleak.VerifyTestMain(m)
}

// size is that of a test on loopback.
func size(quick, whole int) int {
	if *full {
		return whole
	}
	return quick
}

const address = "10.0.0.9:9527"

// newServer returns a server with the settings that change makes of the
// defaults. Its texts say no time, so that tests can compare them.
func newServer(change func(*spec.Server)) *Server {
	settings := spec.DefaultServer()
	settings.Reply.Text = "reply {sequence}"
	settings.Reply.ExceptionText = "exception {sequence}"
	if change != nil {
		change(&settings)
	}
	s := &Server{Config: session.ServerConfig(settings), MaxSessions: int(settings.Limits.Sessions)}
	s.Config.Instance = "test"
	s.Config.Stats = stats.New()
	s.Config.Log = slog.New(slog.DiscardHandler)
	return s
}

// A world is a server that listens on a network in memory.
type world struct {
	t       *testing.T
	network *memnet.Network
	server  *Server
	served  chan error
}

// inWorld runs test in fake time, and closes the server after it.
func inWorld(t *testing.T, change func(*spec.Server), test func(*world)) {
	inWorldOf(t, func(*testing.T) *Server { return newServer(change) }, test)
}

// inWorldOf is inWorld with a server made in fake time.
func inWorldOf(t *testing.T, server func(*testing.T) *Server, test func(*world)) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{t: t, network: &memnet.Network{}, server: server(t), served: make(chan error, 1)}
		l, err := w.network.Listen(address)
		if err != nil {
			t.Fatal(err)
		}
		go func() { w.served <- w.server.Serve(l) }()
		synctest.Wait()
		test(w)
		_ = w.server.Close()
		if err := <-w.served; !errors.Is(err, ErrServerClosed) {
			t.Errorf("Serve returned %v", err)
		}
	})
}

func (w *world) dial() net.Conn {
	w.t.Helper()
	c, err := w.network.Dial(w.t.Context(), "tcp", address)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = c.Close() })
	synctest.Wait()
	return c
}

func (w *world) send(c net.Conn, text string) {
	w.t.Helper()
	if _, err := io.WriteString(c, text); err != nil {
		w.t.Fatal(err)
	}
	synctest.Wait()
}

// read returns what one read brings.
func (w *world) read(c net.Conn) string {
	buf := make([]byte, 1<<16)
	n, err := c.Read(buf)
	if err != nil {
		return err.Error()
	}
	return string(buf[:n])
}

func (w *world) snapshot() snapshot.Snapshot {
	synctest.Wait()
	var s snapshot.Snapshot
	w.server.Config.Stats.Fill(&s)
	w.server.Observe(&s)
	return s
}

// closes returns the reasons that were counted.
func (w *world) closes() map[snapshot.Reason]int64 {
	counted := map[snapshot.Reason]int64{}
	for reason, n := range w.snapshot().Closes {
		if n > 0 {
			counted[reason] = n
		}
	}
	return counted
}

func (w *world) wantCloses(want map[snapshot.Reason]int64) {
	w.t.Helper()
	if diff := cmp.Diff(want, w.closes()); diff != "" {
		w.t.Errorf("close reasons (-want +got):\n%s", diff)
	}
}
