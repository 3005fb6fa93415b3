package client

import (
	"errors"
	"log/slog"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"tcp-operator.io/workload/memnet"
	"tcp-operator.io/workload/session"
	"tcp-operator.io/workload/snapshot"
	"tcp-operator.io/workload/spec"
	"tcp-operator.io/workload/stats"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const address = "10.0.0.9:9527"

// A world is a client on a network in memory, whose server is the test.
type world struct {
	t       *testing.T
	network *memnet.Network
	client  *Client
}

func newClient(network *memnet.Network, change func(*spec.Client)) *Client {
	s := spec.DefaultClient()
	s.Greeting, s.Reply.Text = "hello {sequence}", "reply {sequence}"
	s.Reconnect.JitterPercent = 0
	if change != nil {
		change(&s)
	}
	c := &Client{
		Config: session.ClientConfig(s), Address: address, Sessions: int(s.Sessions), Dial: network.Dial,
		ConnectTimeout: time.Duration(s.Connect.Timeout),
		Backoff: Backoff{Initial: time.Duration(s.Reconnect.InitialDelay), Max: time.Duration(s.Reconnect.MaxDelay),
			JitterPercent: int(s.Reconnect.JitterPercent)},
	}
	c.Config.Instance, c.Config.Stats, c.Config.Log = "test", stats.New(), slog.New(slog.DiscardHandler)
	return c
}

// inWorld runs test in fake time. The client starts when the test says so.
func inWorld(t *testing.T, change func(*spec.Client), test func(*world)) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{t: t, network: &memnet.Network{}}
		w.client = newClient(w.network, change)
		test(w)
		_ = w.client.Close()
	})
}

func (w *world) run() {
	go func() {
		if err := w.client.Run(); !errors.Is(err, ErrClientClosed) {
			w.t.Errorf("Run returned %v", err)
		}
	}()
	synctest.Wait()
}

func (w *world) listen() *memnet.Listener {
	w.t.Helper()
	l, err := w.network.Listen(address)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = l.Close() })
	return l
}

func (w *world) accept(l net.Listener) *memnet.Conn {
	w.t.Helper()
	c, err := l.Accept()
	if err != nil {
		w.t.Fatal(err)
	}
	synctest.Wait()
	return c.(*memnet.Conn)
}

func (w *world) snapshot() snapshot.Snapshot {
	synctest.Wait()
	var s snapshot.Snapshot
	w.client.Config.Stats.Fill(&s)
	w.client.Observe(&s)
	return s
}

func read(c net.Conn) string {
	buf := make([]byte, 1<<16)
	n, err := c.Read(buf)
	if err != nil {
		return err.Error()
	}
	return string(buf[:n])
}
