package memnet

import (
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const address = "10.0.0.9:9527"

// connect returns both ends of a connection.
func connect(t *testing.T) (near, far *Conn) {
	t.Helper()
	var n Network
	l, err := n.Listen(address)
	if err != nil {
		t.Fatal(err)
	}
	c, err := n.Dial(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	other, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	return c.(*Conn), other.(*Conn)
}

// TestAsTCP holds a connection in memory to what one over loopback does.
func TestAsTCP(t *testing.T) {
	kinds := map[string]func(*testing.T) (net.Conn, net.Conn){
		"memory": func(t *testing.T) (net.Conn, net.Conn) { a, b := connect(t); return a, b },
		"kernel": loopback,
	}
	for name, dial := range kinds {
		t.Run(name, func(t *testing.T) {
			near, far := dial(t)
			defer near.Close()
			defer far.Close()
			_, _ = io.WriteString(near, "last words")
			if err := near.(interface{ CloseWrite() error }).CloseWrite(); err != nil {
				t.Fatal(err)
			}
			if got, err := io.ReadAll(far); err != nil || string(got) != "last words" {
				t.Errorf("after half-close: %q, %v", got, err)
			}
			_, _ = io.WriteString(far, "answer")
			buf := make([]byte, 100)
			if n, err := near.Read(buf); err != nil || string(buf[:n]) != "answer" {
				t.Errorf("the half that is left: %q, %v", buf[:n], err)
			}
			if _, err := near.Write([]byte("x")); !errors.Is(err, syscall.EPIPE) && !errors.Is(err, net.ErrClosed) {
				t.Errorf("write after CloseWrite: %v", err)
			}
			_ = near.SetReadDeadline(time.Now().Add(-time.Second))
			if _, err := near.Read(buf); !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("read after the deadline: %v", err)
			}
			_ = far.Close()
			_ = near.SetReadDeadline(time.Time{})
			if _, err := near.Read(buf); err != io.EOF {
				t.Errorf("read after the peer's close: %v", err)
			}
			_ = near.Close()
			if _, err := near.Read(buf); !errors.Is(err, net.ErrClosed) {
				t.Errorf("read after close: %v", err)
			}
		})
	}
}

func loopback(t *testing.T) (net.Conn, net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	near, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	far, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	return near, far
}

func TestResets(t *testing.T) {
	tests := []struct {
		name  string
		close func(near, far *Conn)
	}{
		{"abort", func(near, _ *Conn) { near.Abort() }},
		{"close with unread data", func(near, far *Conn) { _, _ = far.Write([]byte("unread")); _ = near.Close() }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			near, far := connect(t)
			_, _ = near.Write([]byte("lost"))
			tt.close(near, far)
			if _, err := far.Read(make([]byte, 10)); !errors.Is(err, syscall.ECONNRESET) {
				t.Errorf("read: %v", err)
			}
			if _, err := far.Write([]byte("x")); !errors.Is(err, syscall.ECONNRESET) {
				t.Errorf("write: %v", err)
			}
		})
	}
}

func TestAWriterWaitsForItsReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := connect(t)
		_ = near.SetWriteDeadline(time.Now().Add(3 * time.Second))
		start := time.Now()
		n, err := io.WriteString(near, strings.Repeat("x", bufferBytes+1))
		if n != bufferBytes || !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(start) != 3*time.Second {
			t.Errorf("wrote %d, %v after %s", n, err, time.Since(start))
		}
		_ = far.Close()
		_ = near.Close()
	})
}

func TestDialing(t *testing.T) {
	var n Network
	if _, err := n.Dial(t.Context(), "tcp", address); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("without a listener: %v", err)
	}
	l, err := n.Listen(address)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := n.Listen(address); !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("a second listener: %v", err)
	}
	queued, err := n.Dial(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	_ = l.Close()
	if _, err := l.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("accept after close: %v", err)
	}
	if _, err := queued.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("a connection nobody accepted: %v", err)
	}
	if again, err := n.Listen(address); err != nil {
		t.Error(err)
	} else {
		_ = again.Close()
	}
}
