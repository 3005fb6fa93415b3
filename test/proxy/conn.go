package proxy

import (
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// A conn is a client's connection and the one to the target that belongs to it.
type conn struct {
	client, server *net.TCPConn
	cut            atomic.Bool // both ends were told FIN: what still comes is lost

	gone     chan struct{} // closed by reset
	resetOne sync.Once
}

func newConn(client, server *net.TCPConn) *conn {
	return &conn{client: client, server: server, gone: make(chan struct{})}
}

// source is the connection that the bytes of d come from.
func (c *conn) source(d Direction) *net.TCPConn {
	if d == Upstream {
		return c.client
	}
	return c.server
}

// sink is the connection that the bytes of d go to.
func (c *conn) sink(d Direction) *net.TCPConn { return c.source(1 - d) }

// pass serves both directions until they have ended.
func (c *conn) pass(p *Proxy) {
	var both sync.WaitGroup
	for _, d := range Directions() {
		chunks := make(chan chunk, 64)
		both.Go(func() { c.read(d, chunks) })
		both.Go(func() { (&pipe{proxy: p, conn: c, direction: d}).write(chunks) })
	}
	both.Wait()
	_ = c.client.Close()
	_ = c.server.Close()
}

// reset sends RST to both ends.
func (c *conn) reset() {
	c.resetOne.Do(func() {
		close(c.gone)
		reset(c.client)
		reset(c.server)
	})
}

func reset(c *net.TCPConn) {
	_ = c.SetLinger(0) // socket(7): Close then sends RST
	_ = c.Close()
}

// hangUp sends FIN to both ends, and loses what they still send.
func (c *conn) hangUp() {
	c.cut.Store(true)
	_ = c.client.CloseWrite()
	_ = c.server.CloseWrite()
}

// A chunk is what one read returned, and when.
type chunk struct {
	bytes []byte
	at    time.Time
	err   error // the direction's end; io.EOF is FIN
}

// read brings what comes from one end, until that has ended.
func (c *conn) read(d Direction, to chan<- chunk) {
	defer close(to)
	for {
		buf := make([]byte, 4096)
		n, err := c.source(d).Read(buf)
		select {
		case to <- chunk{buf[:n], time.Now(), err}:
		case <-c.gone:
			return
		}
		if err != nil {
			return
		}
	}
}
