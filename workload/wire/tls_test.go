package wire

import (
	"crypto/tls"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"tcp-operator.io/workload/credentials/testcert"
	"tcp-operator.io/workload/memnet"
)

// A crammed connection takes nothing any more once full is closed, until its
// deadline: the kernel has no room, as the peer does not read.
type crammed struct {
	*memnet.Conn
	full     chan struct{}
	deadline time.Time
}

func (c *crammed) SetWriteDeadline(t time.Time) error {
	c.deadline = t
	return nil
}

func (c *crammed) Write(p []byte) (int, error) {
	select {
	case <-c.full:
		time.Sleep(time.Until(c.deadline))
		return 0, net.ErrClosed
	default:
		return c.Conn.Write(p)
	}
}

// TestEndingTLSNeverWaits: sessions end their connections with their lock held,
// in a clock that all sessions share.
func TestEndingTLSNeverWaits(t *testing.T) {
	ends := map[string]func(Conn){"CloseWrite": Conn.CloseWrite, "Close": Conn.Close, "Abort": Conn.Abort}
	for name, end := range ends {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				near, peer := shakeHands(t)
				defer peer.Close()
				c := Blocking(near, 1024)
				c.Start(newRecorder())
				close(near.NetConn().(*crammed).full)
				start := time.Now()
				end(c)
				if waited := time.Since(start); waited > 0 {
					t.Errorf("waited %s", waited)
				}
				time.Sleep(10 * time.Second) // crypto/tls gives up after five
				c.Close()
			})
		})
	}
}

// shakeHands returns both sides of a TLS connection, near crammed.
func shakeHands(t *testing.T) (near, peer *tls.Conn) {
	t.Helper()
	var network memnet.Network
	l, err := network.Listen("10.0.0.9:9527")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	client, err := network.Dial(t.Context(), "tcp", "10.0.0.9:9527")
	if err != nil {
		t.Fatal(err)
	}
	accepted, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := tls.LoadX509KeyPair(testcert.New(t).Issue(t, t.TempDir(), "greeter", time.Now().Add(time.Hour)))
	if err != nil {
		t.Fatal(err)
	}
	near = tls.Server(&crammed{Conn: accepted.(*memnet.Conn), full: make(chan struct{})},
		&tls.Config{Certificates: []tls.Certificate{certificate}})
	peer = tls.Client(client, &tls.Config{InsecureSkipVerify: true}) // whom it talks to is not the point
	shaken := make(chan error, 1)
	go func() { shaken <- near.Handshake() }()
	if err := peer.Handshake(); err != nil {
		t.Fatal(err)
	}
	if err := <-shaken; err != nil {
		t.Fatal(err)
	}
	return near, peer
}
