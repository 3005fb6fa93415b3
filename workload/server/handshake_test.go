package server

import (
	"bytes"
	"crypto/tls"
	"io"
	"log/slog"
	"maps"
	"net"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tcp-operator.io/workload/cause"
	"tcp-operator.io/workload/credentials"
	"tcp-operator.io/workload/credentials/testcert"
	"tcp-operator.io/workload/snapshot"
	"tcp-operator.io/workload/spec"
)

// A secure world is one whose server speaks TLS as greeter.
type secure struct {
	*world
	// client is the configuration of a client that trusts the server.
	client *tls.Config
	log    *bytes.Buffer // read after synctest.Wait only
}

// inSecureWorld is inWorld with TLS. With demanding, clients need a
// certificate of the server's authority.
func inSecureWorld(t *testing.T, demanding bool, change func(*spec.Server), test func(*secure)) {
	w := &secure{log: &bytes.Buffer{}}
	inWorldOf(t, func(t *testing.T) *Server {
		s := newServer(change)
		s.Config.Log = slog.New(slog.NewTextHandler(w.log, nil))
		authority, dir := testcert.New(t), t.TempDir()
		ca := authority.File(t, dir)
		var files credentials.Files
		files.Certificate, files.Key = authority.Issue(t, dir, "greeter", time.Now().Add(time.Hour))
		if demanding {
			files.CA = ca
		}
		s.Credentials = store(t, files, s.Config.Log)
		w.client = store(t, credentials.Files{CA: ca}, s.Config.Log).ForClient("greeter")
		return s
	}, func(inner *world) { w.world = inner; test(w) })
}

func store(t *testing.T, files credentials.Files, log *slog.Logger) *credentials.Store {
	t.Helper()
	s, err := credentials.New(files, log)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (w *secure) dialTLS() *tls.Conn {
	w.t.Helper()
	c := tls.Client(w.dial(), w.client)
	if err := c.Handshake(); err != nil {
		w.t.Fatal(err)
	}
	synctest.Wait()
	return c
}

// wantFailures compares the reasons with which handshakes failed, each once.
func (w *secure) wantFailures(want ...snapshot.Reason) {
	w.t.Helper()
	s := w.snapshot()
	var got []snapshot.Reason
	for reason, n := range maps.All(s.Failures) {
		got = append(got, slices.Repeat([]snapshot.Reason{reason}, int(n))...)
	}
	if !slices.Equal(got, want) {
		w.t.Errorf("failed handshakes: %v, want %v", got, want)
	}
	if n := strings.Count(w.log.String(), "Handshake failed"); n != len(want) {
		w.t.Errorf("%d logged, want %d", n, len(want))
	}
	if s.Sessions.Opened != 0 {
		w.t.Errorf("%d sessions came of it", s.Sessions.Opened)
	}
}

func TestTalkOverTLS(t *testing.T) {
	inSecureWorld(t, false, nil, func(w *secure) {
		c := w.dialTLS()
		w.send(c, "hello")
		if got := w.read(c); got != "reply 1" {
			t.Errorf("got %q", got)
		}
		w.send(c, "last words")
		_ = c.CloseWrite() // close_notify alone: promised replies still go out
		if got, err := io.ReadAll(c); string(got) != "reply 2" || err != nil {
			t.Errorf("got %q, %v", got, err)
		}
		w.wantCloses(map[snapshot.Reason]int64{snapshot.PeerClosed: 1})
	})
}

// A corked connection keeps what is written, once it is corked, until it is
// not: then all goes at once.
type corked struct {
	net.Conn
	corked bool
	held   []byte
}

func (c *corked) Write(p []byte) (int, error) {
	if !c.corked {
		return c.Conn.Write(p)
	}
	c.held = append(c.held, p...)
	return len(p), nil
}

func (c *corked) uncork() {
	c.corked = false
	_ = c.SetWriteDeadline(time.Time{}) // crypto/tls lets nothing follow close_notify
	_, _ = c.Conn.Write(c.held)
}

// What a client says last, and its close_notify, may come to the server in one
// read, of which it cannot promise an answer to all at once.
func TestLastWordsOverTLSAreAllAnswered(t *testing.T) {
	const lines = 200 // pendingReplies is 128
	inSecureWorld(t, false, func(s *spec.Server) { s.Framing = spec.FramingLine }, func(w *secure) {
		w.client.MaxVersion = tls.VersionTLS12 // with 1.3 Go takes the end for data until it reads it
		below := &corked{Conn: w.dial()}
		c := tls.Client(below, w.client)
		if err := c.Handshake(); err != nil {
			t.Fatal(err)
		}
		below.corked = true
		_, _ = io.WriteString(c, strings.Repeat("m\n", lines))
		_ = c.CloseWrite()
		below.uncork()
		got, err := io.ReadAll(c)
		if n := bytes.Count(got, []byte("\n")); n != lines || err != nil {
			t.Errorf("%d of %d lines were answered; %v", n, lines, err)
		}
	})
}

func TestPeersThatDoNotShakeHands(t *testing.T) {
	hello := []byte{22, 3, 1, 2, 0, 1, 0, 1, 252} // how a ClientHello of 512 bytes begins
	tests := []struct {
		name   string
		act    func(net.Conn)
		reason snapshot.Reason
		after  time.Duration
	}{
		{"silent", func(net.Conn) {}, snapshot.HandshakeTimeout, HandshakeTimeout},
		{"slow", func(c net.Conn) {
			for i := range hello {
				_, _ = c.Write(hello[i : i+1])
				time.Sleep(time.Second)
			}
		}, snapshot.HandshakeTimeout, HandshakeTimeout},
		{"without TLS", func(c net.Conn) { _, _ = io.WriteString(c, "Hello server") }, snapshot.NotTLS, 0},
		{"hung up", func(c net.Conn) { _ = c.Close() }, snapshot.HandshakeFailed, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			inSecureWorld(t, false, nil, func(w *secure) {
				start := time.Now()
				c := w.dial()
				tt.act(c)
				_, _ = io.Copy(io.Discard, c)
				if after := time.Since(start); after != tt.after {
					t.Errorf("ended after %s, want %s", after, tt.after)
				}
				_ = c.Close()
				w.wantFailures(tt.reason)
			})
		})
	}
}

func TestAClientThatRefusesSaysWhy(t *testing.T) {
	inSecureWorld(t, false, nil, func(w *secure) {
		w.client.ServerName = "somebody"
		raw := w.dial()
		if err := tls.Client(raw, w.client).Handshake(); cause.OfHandshake(err) != snapshot.CertificateNameMismatch {
			t.Errorf("got %v", err)
		}
		credentials.HangUp(raw)
		w.wantFailures(snapshot.PeerAlert)
	})
}

// A client of TLS 1.3 greets before it hears that its certificate is refused.
// The greeting must not make RST overtake the alert.
func TestAClientThatIsRefusedHearsWhy(t *testing.T) {
	inSecureWorld(t, true, nil, func(w *secure) {
		c := tls.Client(w.dial(), w.client)
		w.send(c, "greeting")
		_, err := c.Read(make([]byte, 1))
		if got := cause.OfSession(err); got.Reason != snapshot.PeerAlert || got.By != snapshot.Peer {
			t.Errorf("got %v: %v", got, err)
		}
		start := time.Now()
		w.send(c, "and more")
		if _, err := io.Copy(io.Discard, c.NetConn()); err != nil || time.Since(start) != 0 {
			t.Errorf("FIN after %s, %v", time.Since(start), err)
		}
		time.Sleep(2 * time.Second)
		if _, err := c.NetConn().Write([]byte("too late")); err == nil {
			t.Error("the server listens for ever")
		}
		w.wantFailures(snapshot.HandshakeFailed)
	})
}

func TestHandshakesCountForTheLimit(t *testing.T) {
	inSecureWorld(t, false, func(s *spec.Server) { s.Limits.Sessions = 2 }, func(w *secure) {
		held := w.dialTLS()
		silent := w.dial()
		if got := w.read(w.dial()); got != "EOF" {
			t.Errorf("one too many reads %q", got)
		}
		if s := w.snapshot().Sessions; s.Open != 1 || s.Rejected != 1 {
			t.Errorf("%+v", s)
		}
		if !strings.Contains(w.log.String(), `msg="Connection rejected"`) {
			t.Error("the rejection was not logged")
		}
		_, _ = io.Copy(io.Discard, silent) // its handshake times out
		_ = silent.Close()
		synctest.Wait()
		w.dialTLS()
		if s := w.snapshot().Sessions; s.Open != 2 {
			t.Errorf("room was not given back: %+v", s)
		}
		_ = held.NetConn().Close()
	})
}

func TestShutdownBreaksHandshakesOff(t *testing.T) {
	ends := map[string]func(*secure) error{
		"Shutdown": func(w *secure) error { return w.server.Shutdown(w.t.Context()) },
		"Close":    func(w *secure) error { return w.server.Close() },
	}
	for name, end := range ends {
		t.Run(name, func(t *testing.T) {
			inSecureWorld(t, true, nil, func(w *secure) {
				w.dial()
				refused := tls.Client(w.dial(), w.client) // the server waits for its FIN
				w.send(refused, "greeting")
				start := time.Now()
				if err := end(w); err != nil || time.Since(start) > 0 {
					t.Errorf("after %s: %v", time.Since(start), err)
				}
				w.wantFailures(snapshot.HandshakeFailed) // that of the refused alone
			})
		})
	}
}
