package peer

import (
	"bufio"
	"context"
	"net"
	"testing"
	"time"

	"github.com/panjf2000/gnet/v2"
	"github.com/panjf2000/gnet/v2/pkg/logging"
)

// start plays the server called name, and returns a connection to it.
func start(t *testing.T, name string) net.Conn {
	t.Helper()
	address := freeAddress(t)
	go func() { _ = Serve(name, []string{"-address=" + address}) }()
	t.Cleanup(func() { _ = gnet.Stop(context.WithoutCancel(t.Context()), "tcp://"+address) }) // fails for others, which end with the test
	return dial(t, address)
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// dial connects once somebody listens.
func dial(t *testing.T, address string) net.Conn {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); ; {
		c, err := net.Dial("tcp", address)
		if err == nil {
			t.Cleanup(func() { _ = c.Close() })
			_ = c.SetDeadline(deadline)
			return c
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
		<-time.After(10 * time.Millisecond)
	}
}

// A line may come in pieces, and is a message once it is whole. The pause
// between the pieces lets the server read each of them.
func TestALineMayComeInPieces(t *testing.T) {
	for _, name := range []string{"stdnet", "gnet"} {
		t.Run(name, func(t *testing.T) {
			c := start(t, name)
			for _, piece := range []string{"one\ntw", "o", "\n", "thr", "ee\n"} {
				if _, err := c.Write([]byte(piece)); err != nil {
					t.Fatal(err)
				}
				<-time.After(50 * time.Millisecond)
			}
			replies := bufio.NewReader(c)
			for range 3 {
				if got, err := replies.ReadString('\n'); err != nil || got != string(reply) {
					t.Fatalf("got %q, %v; want %q", got, err, reply)
				}
			}
			if replies.Buffered() > 0 {
				t.Error("more replies than lines")
			}
		})
	}
}

// A keeper tells how much of a session gnet keeps for the next time.
type keeper struct {
	gnetHandler
	kept chan int
}

func (k *keeper) OnTraffic(c gnet.Conn) gnet.Action {
	action := k.gnetHandler.OnTraffic(c)
	k.kept <- c.InboundBuffered()
	return action
}

// The peer must have the work of keeping a line's pieces, as a server that
// reads its messages has.
func TestGnetKeepsTheBeginningOfALine(t *testing.T) {
	address := freeAddress(t)
	k := &keeper{kept: make(chan int)}
	go func() { _ = gnet.Run(k, "tcp://"+address, gnet.WithLogLevel(logging.ErrorLevel)) }()
	t.Cleanup(func() { _ = gnet.Stop(context.WithoutCancel(t.Context()), "tcp://"+address) })
	c := dial(t, address)
	for _, step := range []struct {
		piece string
		want  int
	}{{"tw", 2}, {"o", 3}, {"\nth", 2}, {"ree\n", 0}} {
		if _, err := c.Write([]byte(step.piece)); err != nil {
			t.Fatal(err)
		}
		if got := <-k.kept; got != step.want {
			t.Errorf("after %q gnet keeps %d bytes, want %d", step.piece, got, step.want)
		}
	}
}
