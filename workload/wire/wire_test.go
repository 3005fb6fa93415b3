package wire

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"runtime"
	"syscall"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// recorder is an Events that hands everything to the test.
type recorder struct {
	received chan []byte
	ended    chan error
	sent     chan int
}

func newRecorder() *recorder {
	return &recorder{make(chan []byte, 1<<16), make(chan error, 10), make(chan int, 1<<16)}
}

func (r *recorder) Received(p []byte) { r.received <- bytes.Clone(p) }
func (r *recorder) Ended(err error)   { r.ended <- err }
func (r *recorder) Sent(n int)        { r.sent <- n }

// onBoth runs test over a parked descriptor and over a net.Conn with
// goroutines: a session must not be able to tell.
func onBoth(t *testing.T, test func(t *testing.T, c Conn, events *recorder, peer *net.TCPConn)) {
	poller, err := NewPoller(runtime.GOMAXPROCS(0))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = poller.Close() })
	for name, p := range map[string]*Poller{"parked": poller, "goroutines": nil} {
		t.Run(name, func(t *testing.T) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			near, err := net.Dial("tcp", l.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			peer, err := l.Accept()
			if err != nil {
				t.Fatal(err)
			}
			defer peer.Close()
			c := p.Wrap(near, 1024, 1)
			defer c.Close()
			if c.RemoteAddr().String() != l.Addr().String() || c.LocalAddr().String() != peer.RemoteAddr().String() {
				t.Errorf("addresses: %s, %s", c.LocalAddr(), c.RemoteAddr())
			}
			events := newRecorder()
			c.Start(events)
			test(t, c, events, peer.(*net.TCPConn))
		})
	}
}

func TestBytesComeInOrder(t *testing.T) {
	onBoth(t, func(t *testing.T, _ Conn, events *recorder, peer *net.TCPConn) {
		want := random(100_000)
		_, _ = peer.Write(want)
		_ = peer.CloseWrite()
		var got []byte
		for len(got) < len(want) {
			p := <-events.received
			if len(p) > 1024 {
				t.Fatalf("%d bytes at once", len(p))
			}
			got = append(got, p...)
		}
		if !bytes.Equal(got, want) {
			t.Error("the bytes differ")
		}
		if err := <-events.ended; err != io.EOF {
			t.Errorf("ended with %v", err)
		}
	})
}

func TestWhatAPeerDoesNotTakeIsHeldBack(t *testing.T) { // C4
	onBoth(t, func(t *testing.T, c Conn, events *recorder, peer *net.TCPConn) {
		// More than loopback's buffers hold, at once and bit by bit.
		want := random(32 << 20)
		held, err := c.Send(want)
		if held == 0 || err != nil {
			t.Fatalf("all went at once: %v", err)
		}
		got := make([]byte, len(want))
		if _, err := io.ReadFull(peer, got); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Error("the bytes differ")
		}
		for held > 0 {
			n := <-events.sent
			if held -= n; n < 1 || held < 0 {
				t.Fatalf("told of %d bytes, %d too many", n, -held)
			}
		}
		_, err = c.Send([]byte("more"))
		if _, readErr := io.ReadFull(peer, got[:4]); readErr != nil || err != nil || string(got[:4]) != "more" {
			t.Errorf("afterwards: %q, %v, %v", got[:4], err, readErr)
		}
	})
}

func TestPausedReading(t *testing.T) {
	onBoth(t, func(t *testing.T, c Conn, events *recorder, peer *net.TCPConn) {
		_, _ = peer.Write([]byte("one"))
		if got := <-events.received; string(got) != "one" {
			t.Errorf("got %q", got)
		}
		c.SetReading(false)
		_, _ = peer.Write([]byte("two"))
		// With goroutines one more read may be under way.
		c.SetReading(true)
		if got := <-events.received; string(got) != "two" {
			t.Errorf("got %q", got)
		}
	})
}

func TestResetIsNoticed(t *testing.T) {
	onBoth(t, func(t *testing.T, _ Conn, events *recorder, peer *net.TCPConn) {
		_ = peer.SetLinger(0)
		_ = peer.Close()
		if err := <-events.ended; !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("ended with %v", err)
		}
	})
}

func TestResetAfterFINIsNoticed(t *testing.T) {
	onBoth(t, func(t *testing.T, c Conn, events *recorder, peer *net.TCPConn) {
		_ = peer.CloseWrite()
		if err := <-events.ended; err != io.EOF {
			t.Fatalf("ended with %v", err)
		}
		_ = peer.Close()
		// The first of these makes the peer's kernel answer with RST.
		var err error
		for err == nil {
			var held int
			held, err = c.Send([]byte("anyone there?"))
			if held == 0 || err != nil {
				continue
			}
			select {
			case err = <-events.ended:
			case <-events.sent:
			}
		}
		if !errors.Is(err, syscall.EPIPE) && !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("ended with %v", err)
		}
	})
}

func TestAbortSendsRST(t *testing.T) {
	onBoth(t, func(t *testing.T, c Conn, _ *recorder, peer *net.TCPConn) {
		c.Abort()
		c.Abort()
		c.Close()
		if _, err := peer.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("the peer reads %v", err)
		}
		if _, err := c.Send([]byte("x")); !errors.Is(err, net.ErrClosed) {
			t.Errorf("Send after Close: %v", err)
		}
	})
}

func TestCloseWriteSendsFIN(t *testing.T) {
	onBoth(t, func(t *testing.T, c Conn, events *recorder, peer *net.TCPConn) {
		c.CloseWrite()
		if _, err := peer.Read(make([]byte, 1)); err != io.EOF {
			t.Errorf("the peer reads %v", err)
		}
		_, _ = peer.Write([]byte("still heard"))
		if got := <-events.received; string(got) != "still heard" {
			t.Errorf("got %q", got)
		}
	})
}

func TestTCPInfo(t *testing.T) {
	onBoth(t, func(t *testing.T, c Conn, _ *recorder, _ *net.TCPConn) {
		info := c.TCPInfo()
		if runtime.GOOS != "linux" {
			return
		}
		if info == nil || info.State != "ESTAB" || info.CongestionWindowSegments < 1 {
			t.Errorf("got %+v", info)
		}
		c.Close()
		if info := c.TCPInfo(); info != nil {
			t.Errorf("after Close: %+v", info)
		}
	})
}

func random(n int) []byte {
	p := make([]byte, n)
	source := rand.NewChaCha8([32]byte{1})
	_, _ = source.Read(p)
	return p
}
