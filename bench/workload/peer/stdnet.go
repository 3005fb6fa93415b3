package peer

import (
	"bufio"
	"errors"
	"net"
	"time"
)

// serveStdnet plays the server as most Go programs would: a goroutine and a
// buffer for each connection.
func serveStdnet(s Settings) error {
	l, err := net.Listen("tcp", s.Address)
	if err != nil {
		return err
	}
	for {
		c, err := l.Accept()
		if errors.Is(err, net.ErrClosed) {
			return err
		}
		if err == nil { // else it is the new connection's: accept(2)
			go s.converse(c)
		}
	}
}

func (s Settings) converse(c net.Conn) {
	defer c.Close()
	messages := bufio.NewReader(c)
	for {
		if _, err := messages.ReadSlice('\n'); err != nil {
			return
		}
		if s.Delay > 0 {
			time.AfterFunc(s.Delay, func() { _, _ = c.Write(reply) }) // fails when the peer has gone
			continue
		}
		if _, err := c.Write(reply); err != nil {
			return
		}
	}
}
