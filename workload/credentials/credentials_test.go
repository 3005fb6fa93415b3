package credentials

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"tcp-operator.io/workload/cause"
	"tcp-operator.io/workload/credentials/testcert"
	"tcp-operator.io/workload/memnet"
	"tcp-operator.io/workload/snapshot"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const address = "10.0.0.9:9527"

func newStore(t *testing.T, files Files) *Store {
	t.Helper()
	s, err := New(files, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// shake connects a client to a server that answers one message, and returns
// the client's connection and what the server's handshake said.
func shake(t *testing.T, answer func(net.Conn) error, client *Store, name string, timeout time.Duration) (net.Conn, error, error) {
	t.Helper()
	var network memnet.Network
	l, err := network.Listen(address)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	answered := make(chan error, 1)
	go func() {
		c, err := l.Accept()
		if err == nil {
			t.Cleanup(func() { _ = c.Close() })
			err = answer(c)
		}
		answered <- err
	}()
	ctx, cancel := context.WithTimeout(t.Context(), timeout)
	defer cancel()
	c, dialErr := client.Dialer(network.Dial, name)(ctx, "tcp", address)
	if c != nil {
		t.Cleanup(func() { _ = c.Close() })
		_ = c.SetReadDeadline(time.Now().Add(10 * time.Second))
		_, dialErr = c.Read(make([]byte, 1)) // with TLS 1.3 a client hears of its certificate only now
	}
	return c, dialErr, <-answered
}

// serve returns the server's side of shake: it answers with a byte.
func serve(s *Store) func(net.Conn) error {
	return func(c net.Conn) error {
		conn := tls.Server(c, s.ForServer())
		if err := conn.Handshake(); err != nil {
			HangUp(c)
			return err
		}
		_, err := conn.Write([]byte{1})
		return err
	}
}

func TestReasonsOfHandshakes(t *testing.T) {
	ours, other := testcert.New(t), testcert.New(t)
	hour := time.Now().Add(time.Hour)
	files := func(a *testcert.Authority, host string, expiry time.Time) (f Files) {
		f.Certificate, f.Key = a.Issue(t, t.TempDir(), host, expiry)
		return f
	}
	trusting := Files{CA: ours.File(t, t.TempDir())}
	demanding := files(ours, "greeter", hour)
	demanding.CA = trusting.CA
	known := files(ours, "caller", hour)
	known.CA = trusting.CA
	stranger := files(other, "caller", hour)
	stranger.CA = trusting.CA
	tests := []struct {
		name           string
		server, client Files
		want           snapshot.Reason // as the client sees it; empty: success
		wantServer     snapshot.Reason
	}{
		{"a good server", files(ours, "greeter", hour), trusting, "", ""},
		{"a server of another authority", files(other, "greeter", hour), trusting, snapshot.CertificateUntrusted, snapshot.PeerAlert},
		{"a server of another name", files(ours, "somebody", hour), trusting, snapshot.CertificateNameMismatch, snapshot.PeerAlert},
		{"an expired server", files(ours, "greeter", time.Now().Add(-time.Hour)), trusting, snapshot.CertificateExpired, snapshot.PeerAlert},
		{"a client with its certificate", demanding, known, "", ""},
		{"a client without certificate", demanding, trusting, snapshot.PeerAlert, snapshot.HandshakeFailed},
		{"a client of another authority", demanding, stranger, snapshot.PeerAlert, snapshot.CertificateUntrusted},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err, serverErr := shake(t, serve(newStore(t, tt.server)), newStore(t, tt.client), "greeter", 10*time.Second)
			if got := reason(err); got != tt.want {
				t.Errorf("client: got %q, want %q: %v", got, tt.want, err)
			}
			var got snapshot.Reason
			if serverErr != nil {
				got = cause.OfHandshake(serverErr)
			}
			if got != tt.wantServer {
				t.Errorf("server: got %q, want %q: %v", got, tt.wantServer, serverErr)
			}
		})
	}
	t.Run("a server without TLS", func(t *testing.T) {
		plain := func(c net.Conn) error {
			_, err := io.WriteString(c, "response from the server\n")
			return err
		}
		if _, err, _ := shake(t, plain, newStore(t, trusting), "greeter", 10*time.Second); reason(err) != snapshot.NotTLS {
			t.Errorf("got %v", err)
		}
	})
	t.Run("a server that says nothing", func(t *testing.T) {
		silent := func(net.Conn) error { return nil }
		if _, err, _ := shake(t, silent, newStore(t, trusting), "greeter", 50*time.Millisecond); reason(err) != snapshot.HandshakeTimeout {
			t.Errorf("got %v", err)
		}
	})
}

// reason is how a client names an error of its dial, or of its first read.
func reason(err error) snapshot.Reason {
	if err == nil {
		return ""
	}
	if _, ok := errors.AsType[*cause.HandshakeError](err); ok {
		phase, reason := cause.OfAttempt(err)
		if phase != snapshot.PhaseHandshake {
			return snapshot.Reason(phase)
		}
		return reason
	}
	return cause.OfSession(err).Reason
}

func TestRotation(t *testing.T) {
	authority, dir := testcert.New(t), t.TempDir()
	hour := time.Now().Add(time.Hour).Truncate(time.Second)
	var files Files
	files.Certificate, files.Key = authority.Issue(t, dir, "greeter", hour)
	server, client := newStore(t, files), newStore(t, Files{CA: authority.File(t, dir)})
	held, err, _ := shake(t, serve(server), client, "greeter", 10*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	if got := server.Expiry(); !got.Equal(hour) {
		t.Errorf("expiry: %s, want %s", got, hour)
	}

	authority.Issue(t, dir, "greeter", hour.Add(time.Hour))
	fresh, err, _ := shake(t, serve(server), client, "greeter", 10*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	for conn, want := range map[net.Conn]time.Time{held: hour, fresh: hour.Add(time.Hour)} {
		if got := conn.(*tls.Conn).ConnectionState().PeerCertificates[0].NotAfter; !got.Equal(want) {
			t.Errorf("certificate expires %s, want %s", got, want)
		}
	}
	if _, err := held.Write([]byte("still here")); err != nil {
		t.Errorf("the held session: %v", err)
	}

	if err := os.WriteFile(files.Certificate, []byte("half of a"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err, _ := shake(t, serve(server), client, "greeter", 10*time.Second); err != nil {
		t.Errorf("after a broken replacement: %v", err)
	}
	if got := server.Expiry(); !got.Equal(hour.Add(time.Hour)) {
		t.Errorf("expiry after a broken replacement: %s", got)
	}
}

func TestFilesThatCannotBeUsed(t *testing.T) {
	authority, dir := testcert.New(t), t.TempDir()
	certificate, key := authority.Issue(t, dir, "greeter", time.Now().Add(time.Hour))
	_, foreignKey := authority.Issue(t, t.TempDir(), "greeter", time.Now().Add(time.Hour))
	tests := []struct {
		name  string
		files Files
		file  string
		want  string
	}{
		{"no certificate", Files{Certificate: dir + "/none", Key: key}, dir + "/none", "no such file"},
		{"no key", Files{Certificate: certificate, Key: dir + "/none"}, dir + "/none", "no such file"},
		{"another's key", Files{Certificate: certificate, Key: foreignKey}, certificate, "private key does not match"},
		{"a key for authorities", Files{CA: key}, key, "holds no certificate in PEM"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := New(tt.files, slog.New(slog.DiscardHandler))
			wrong, ok := errors.AsType[*FileError](err)
			if !ok || wrong.File != tt.file || !strings.Contains(wrong.Error(), tt.want) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// TestABrokenReplacementIsLoggedOnce: every handshake and every scrape come by
// the files.
func TestABrokenReplacementIsLoggedOnce(t *testing.T) {
	authority, dir := testcert.New(t), t.TempDir()
	expiry := time.Now().Add(time.Hour).Truncate(time.Second)
	var files Files
	var log bytes.Buffer
	files.Certificate, files.Key = authority.Issue(t, dir, "greeter", expiry)
	s, err := New(files, slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	for i, damage := range []func() error{
		func() error { return os.WriteFile(files.Certificate, []byte("half of a"), 0o600) },
		func() error { return os.Remove(files.Certificate) },
	} {
		if err := damage(); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			if got := s.Expiry(); !got.Equal(expiry) {
				t.Errorf("expiry: %s, want %s", got, expiry)
			}
		}
		if n := strings.Count(log.String(), "cannot be read again"); n != i+1 {
			t.Errorf("%d broken replacements, %d logged", i+1, n)
		}
	}
	authority.Issue(t, dir, "greeter", expiry.Add(time.Hour))
	if got := s.Expiry(); !got.Equal(expiry.Add(time.Hour)) {
		t.Errorf("expiry: %s: what was mended is not read", got)
	}
	if n := strings.Count(log.String(), "Certificates read again"); n != 1 {
		t.Errorf("mended, logged %d times", n)
	}
}
