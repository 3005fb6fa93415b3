package network

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"tcp-operator.io/test/proxy"
	"tcp-operator.io/workload/client"
	"tcp-operator.io/workload/credentials"
	"tcp-operator.io/workload/credentials/testcert"
	"tcp-operator.io/workload/server"
	"tcp-operator.io/workload/session"
	"tcp-operator.io/workload/snapshot"
	"tcp-operator.io/workload/socket"
	"tcp-operator.io/workload/spec"
	"tcp-operator.io/workload/stats"
	"tcp-operator.io/workload/wire"
)

// sessions is how many a client holds here.
const sessions = 3

// settings are those of both sides. Each greets the other, and each message
// is answered: two are on their way in a session at any time.
type settings struct {
	server spec.Server
	client spec.Client
}

func newSettings(change func(*settings)) settings {
	s := settings{spec.DefaultServer(), spec.DefaultClient()}
	const text = "{session} {sequence}"
	s.server.Greeting, s.client.Greeting = text, text
	s.server.Reply = spec.Reply{Delay: spec.Duration(5 * time.Millisecond), Text: text}
	s.client.Reply = s.server.Reply
	s.server.Framing, s.client.Framing = spec.FramingLine, spec.FramingLine
	s.client.Sessions = sessions
	s.client.Connect.Timeout = spec.Duration(10 * time.Second)
	s.client.Reconnect.InitialDelay = spec.Duration(200 * time.Millisecond)
	s.client.Reconnect.MaxDelay = spec.Duration(400 * time.Millisecond)
	if change != nil {
		change(&s)
	}
	return s
}

// A world is a server and a client with a proxy between them.
type world struct {
	*testing.T
	settings settings
	keys     stores
	poller   *wire.Poller
	proxy    *proxy.Proxy

	server         *server.Server
	served         chan error
	starts         int // of servers
	clientConfig   session.Config
	serverConfig   session.Config
	client         *client.Client
	ran            chan error
	said, answered *record // what the client's sessions saw, and the server's
}

// hosts numbers the loopback addresses of servers.
var hosts atomic.Uint32

// newWorld returns a world in which every session converses.
func newWorld(t *testing.T, secure bool, s settings) *world {
	t.Helper()
	w := &world{T: t, settings: s, said: newRecord(), answered: newRecord()}
	var err error
	if w.poller, err = wire.NewPoller(1); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.poller.Close() })
	w.serverConfig = session.ServerConfig(s.server)
	w.serverConfig.Stats, w.serverConfig.Log = stats.New(), slog.New(w.answered)
	w.clientConfig = session.ClientConfig(s.client)
	w.clientConfig.Stats, w.clientConfig.Log, w.clientConfig.Instance = stats.New(), slog.New(w.said), "client"

	n := hosts.Add(1)
	w.settings.server.BindAddress, w.settings.server.Port = fmt.Sprintf("127.8.%d.%d", n>>8&255, n&255), 0
	if secure {
		w.keys = newStores(t)
	}
	w.startServer()
	if w.proxy, err = proxy.New(net.JoinHostPort(w.settings.server.BindAddress, strconv.Itoa(int(w.settings.server.Port)))); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.proxy.Close)
	w.startClient()
	w.converse("at first", nil)
	return w
}

// stores are the credentials of both sides; nil without TLS.
type stores struct{ server, client *credentials.Store }

func newStores(t *testing.T) stores {
	t.Helper()
	authority, dir := testcert.New(t), t.TempDir()
	certificate, key := authority.Issue(t, dir, "greeter", time.Now().Add(time.Hour))
	return stores{
		server: newStore(t, credentials.Files{Certificate: certificate, Key: key}),
		client: newStore(t, credentials.Files{CA: authority.File(t, dir)}),
	}
}

func newStore(t *testing.T, files credentials.Files) *credentials.Store {
	t.Helper()
	s, err := credentials.New(files, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// startServer starts a server, at the port of the one before.
func (w *world) startServer() {
	w.Helper()
	w.starts++
	config := w.serverConfig
	config.Instance = "server" + strconv.Itoa(w.starts)
	w.server = &server.Server{Config: config, MaxSessions: 100, Poller: w.poller, Credentials: w.keys.server}
	l, err := socket.Listen(w.Context(), w.settings.server)
	if err != nil {
		w.Fatal(err)
	}
	w.settings.server.Port = int32(l.Addr().(*net.TCPAddr).Port)
	w.served = make(chan error, 1)
	go func(s *server.Server, served chan<- error) { served <- s.Serve(l) }(w.server, w.served)
	w.Cleanup(func() { _ = w.server.Close() })
}

// stopServer lets a server keep its promises. Its port is free when stopServer
// returns; wait returns when all of it has ended.
func (w *world) stopServer() (wait func()) {
	w.Helper()
	s, served, ended := w.server, w.served, make(chan error, 1)
	go func() { ended <- s.Shutdown(w.Context()) }()
	if err := <-served; !errors.Is(err, server.ErrServerClosed) {
		w.Errorf("Serve returned %v", err)
	}
	return func() {
		w.Helper()
		if err := <-ended; err != nil {
			w.Error(err)
		}
	}
}

func (w *world) startClient() {
	w.Helper()
	s := w.settings.client
	w.client = &client.Client{
		Config: w.clientConfig, Address: w.proxy.Address(), Sessions: sessions, Dial: socket.Dialer(s), Poller: w.poller,
		ConnectTimeout: time.Duration(s.Connect.Timeout), Credentials: w.keys.client,
		Backoff: client.Backoff{Initial: time.Duration(s.Reconnect.InitialDelay), Max: time.Duration(s.Reconnect.MaxDelay), JitterPercent: 10},
		Expect:  s.Expect,
	}
	if keys := w.keys.client; keys != nil {
		w.client.Dial = keys.Dialer(w.client.Dial, "greeter")
	}
	w.ran = make(chan error, 1)
	go func() { w.ran <- w.client.Run() }()
	w.Cleanup(func() { _ = w.client.Close() })
}

// shutDown ends the client and then, when that has heard of it, the server.
func (w *world) shutDown() {
	w.Helper()
	if err := w.client.Shutdown(w.Context()); err != nil {
		w.Error(err)
	}
	if err := <-w.ran; !errors.Is(err, client.ErrClientClosed) {
		w.Errorf("Run returned %v", err)
	}
	w.until("the server has no session left", func() bool {
		_, ofServer := w.snapshots()
		return ofServer.Sessions.Open == 0
	})
	w.stopServer()()
}

// snapshots returns what both sides say now.
func (w *world) snapshots() (ofClient, ofServer snapshot.Snapshot) {
	w.clientConfig.Stats.Fill(&ofClient)
	w.client.Observe(&ofClient)
	w.serverConfig.Stats.Fill(&ofServer)
	w.server.Observe(&ofServer)
	return ofClient, ofServer
}

// until looks again and again: the kernel delivers when it likes, and tells
// nobody.
func (w *world) until(what string, ok func() bool) {
	w.Helper()
	look := time.NewTicker(time.Millisecond)
	defer look.Stop()
	giveUp := time.After(30 * time.Second)
	for !ok() {
		select {
		case <-look.C:
		case <-giveUp:
			c, s := w.snapshots()
			w.Fatalf("not in 30 s: %s\nclient: %+v\nserver: %+v", what, c, s)
		}
	}
}

// received returns how many messages each open session of the client has got.
func (w *world) received() map[string]int64 {
	got := map[string]int64{}
	for _, one := range w.client.Open() {
		if info := one.Info(); info.State == snapshot.Open {
			got[info.ID] = info.Messages.Received
		}
	}
	return got
}

// converse waits until both sides hold all sessions and no others, and three
// more messages than before have come in each.
func (w *world) converse(when string, before map[string]int64) {
	w.Helper()
	w.until("all sessions converse "+when, func() bool {
		ofClient, ofServer := w.snapshots()
		now := w.received()
		if !ofClient.Ready || len(now) != sessions || ofServer.Sessions.Open != sessions {
			return false
		}
		for id, n := range now {
			if n < before[id]+3 {
				return false
			}
		}
		return true
	})
}

// damage sets a fault in some directions.
func (w *world) damage(f proxy.Fault, directions ...proxy.Direction) {
	w.Helper()
	for _, d := range directions {
		if err := w.proxy.Set(d, f); err != nil {
			w.Fatal(err)
		}
	}
}
