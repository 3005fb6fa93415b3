package proxy

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A line is a connection through a proxy, with both its ends.
type line struct {
	*Proxy
	t              *testing.T
	client, server *net.TCPConn
}

func newLine(t *testing.T) *line {
	t.Helper()
	target, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p, err := New(target.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	client, err := net.Dial("tcp", p.Address())
	if err != nil {
		t.Fatal(err)
	}
	server, err := target.Accept()
	if err != nil {
		t.Fatal(err)
	}
	l := &line{p, t, client.(*net.TCPConn), server.(*net.TCPConn)}
	l.send(client, "made") // by now the proxy knows the connection
	l.receive(server, "made", 0)
	t.Cleanup(func() {
		_, _, _ = target.Close(), client.Close(), server.Close()
		p.Close()
	})
	return l
}

// ends returns who sends and who receives in a direction.
func (l *line) ends(d Direction) (from, to *net.TCPConn) {
	if d == Upstream {
		return l.client, l.server
	}
	return l.server, l.client
}

func (l *line) set(d Direction, f Fault) {
	l.t.Helper()
	if err := l.Set(d, f); err != nil {
		l.t.Fatal(err)
	}
}

func (l *line) send(c net.Conn, text string) {
	l.t.Helper()
	if _, err := io.WriteString(c, text); err != nil {
		l.t.Error(err) // of any goroutine
	}
}

// receive wants a text of c, after at least so long.
func (l *line) receive(c net.Conn, text string, after time.Duration) {
	l.t.Helper()
	start, got := time.Now(), make([]byte, len(text))
	if _, err := io.ReadFull(c, got); err != nil || string(got) != text {
		l.t.Errorf("got %q, %v, want %q", got, err, text)
	}
	if took := time.Since(start); took < after {
		l.t.Errorf("came after %s, want %s", took, after)
	}
}

// silent wants nothing of c for a while.
func (l *line) silent(c net.Conn) {
	l.t.Helper()
	_ = c.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
	defer func() { _ = c.SetReadDeadline(time.Time{}) }()
	if n, err := c.Read(make([]byte, 1)); n > 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
		l.t.Errorf("read %d bytes, %v", n, err)
	}
}

// inBoth runs a test for each direction.
func inBoth(t *testing.T, test func(l *line, d Direction, from, to *net.TCPConn)) {
	for _, d := range Directions() {
		t.Run(d.String(), func(t *testing.T) {
			t.Parallel()
			l := newLine(t)
			from, to := l.ends(d)
			test(l, d, from, to)
		})
	}
}

func TestWithoutFaultsAllPasses(t *testing.T) {
	inBoth(t, func(l *line, _ Direction, from, to *net.TCPConn) {
		text := string(bytes.Repeat([]byte("0123456789"), 10_000))
		go l.send(from, text)
		l.receive(to, text, 0)
		_ = from.CloseWrite()
		if rest, err := io.ReadAll(to); err != nil || len(rest) > 0 {
			l.t.Errorf("after FIN: %q, %v", rest, err)
		}
		l.send(to, "half closed")
		l.receive(from, "half closed", 0)
	})
}

func TestFaultsThatOnlyDelay(t *testing.T) {
	for name, c := range map[string]struct {
		fault Fault
		after time.Duration
	}{
		"latency":   {Fault{Latency: 100 * time.Millisecond, Jitter: 20 * time.Millisecond}, 80 * time.Millisecond},
		"bandwidth": {Fault{BytesPerSecond: 100}, 90 * time.Millisecond},
		"slices":    {Fault{SliceBytes: 1, SliceGap: 10 * time.Millisecond}, 90 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			inBoth(t, func(l *line, d Direction, from, to *net.TCPConn) {
				l.set(d, c.fault)
				go l.send(from, "ten bytes!")
				l.receive(to, "ten bytes!", c.after)
				l.send(to, "the other way")
				l.receive(from, "the other way", 0)
				l.set(d, Fault{})
				l.send(from, "soon")
				l.receive(to, "soon", 0)
			})
		})
	}
}

func TestWhatIsHeldBackComesWhenTheFaultEnds(t *testing.T) {
	for name, fault := range map[string]Fault{"stall": {Stall: true}, "vanish": {Vanish: true}} {
		t.Run(name, func(t *testing.T) {
			inBoth(t, func(l *line, d Direction, from, to *net.TCPConn) {
				l.set(d, fault)
				l.send(from, "held")
				_ = from.CloseWrite()
				l.silent(to)
				l.send(to, "the other way")
				l.receive(from, "the other way", 0)
				l.set(d, Fault{})
				l.receive(to, "held", 0)
				l.receive(to, "", 0)
				if _, err := to.Read(make([]byte, 1)); err != io.EOF {
					l.t.Errorf("the end came as %v", err)
				}
			})
		})
	}
}

func TestFaultsThatEndConnections(t *testing.T) {
	for name, c := range map[string]struct {
		fault Fault
		pass  string // of "message"
		end   error
	}{
		"reset": {Fault{Reset: true}, "", syscall.ECONNRESET},
		"cut":   {Fault{CutAfter: 4}, "mess", io.EOF},
	} {
		t.Run(name, func(t *testing.T) {
			inBoth(t, func(l *line, d Direction, from, to *net.TCPConn) {
				l.set(d, c.fault)
				l.send(from, "message")
				l.receive(to, c.pass, 0)
				for _, end := range []net.Conn{from, to} {
					if n, err := end.Read(make([]byte, 1)); n > 0 || !errors.Is(err, c.end) {
						l.t.Errorf("read %d bytes, %v, want %v", n, err, c.end)
					}
				}
			})
		})
	}
}

func TestSlowClose(t *testing.T) {
	inBoth(t, func(l *line, d Direction, from, to *net.TCPConn) {
		l.set(d, Fault{SlowClose: 100 * time.Millisecond})
		l.send(from, "soon")
		_ = from.CloseWrite()
		l.receive(to, "soon", 0)
		start := time.Now()
		if _, err := to.Read(make([]byte, 1)); err != io.EOF || time.Since(start) < 90*time.Millisecond {
			l.t.Errorf("%v after %s", err, time.Since(start))
		}
	})
}

func TestRefuse(t *testing.T) {
	l := newLine(t)
	l.Refuse()
	for _, end := range []net.Conn{l.client, l.server} {
		if _, err := end.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("the connection ended with %v", err)
		}
	}
	if _, err := net.Dial("tcp", l.Address()); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("while it refuses: %v", err)
	}
	if err := l.Accept(); err != nil {
		t.Fatal(err)
	}
	c, err := net.Dial("tcp", l.Address())
	if err != nil {
		t.Fatal(err)
	}
	_ = c.Close()
}

func TestNoConnectionIsMadeWithWhoHasVanished(t *testing.T) {
	l := newLine(t)
	l.set(Downstream, Fault{Vanish: true})
	_, err := net.DialTimeout("tcp", l.Address(), 100*time.Millisecond)
	if failed, ok := errors.AsType[net.Error](err); !ok || !failed.Timeout() {
		t.Errorf("got %v", err)
	}
}
