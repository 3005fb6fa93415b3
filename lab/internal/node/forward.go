package node

import (
	"errors"
	"io"
	"log"
	"net"
	"sync"
	"time"

	"tcp-operator.io/lab/internal/config"
)

// forward serves a listener that was opened on the host: a socket belongs
// to the network namespace that it was made in, so connections accepted
// here come from there, and those dialled here stay inside.
func forward(l net.Listener) {
	var relays sync.WaitGroup
	for {
		outside, err := l.Accept()
		if errors.Is(err, net.ErrClosed) {
			relays.Wait()
			return
		}
		if err != nil {
			log.Printf("accept a connection from the host: %v", err)
			time.Sleep(100 * time.Millisecond) // Too many open files pass.
			continue
		}
		relays.Go(func() { relay(outside) })
	}
}

// relay closes outside when both directions have ended.
func relay(outside net.Conn) {
	defer outside.Close()
	inside, err := net.DialTimeout("tcp", config.APIAddress, 5*time.Second)
	if err != nil {
		log.Printf("reach the API server for the host: %v", err)
		return
	}
	defer inside.Close()
	var both sync.WaitGroup
	both.Go(func() { pump(inside, outside) })
	both.Go(func() { pump(outside, inside) })
	both.Wait()
}

// pump copies until from ends, and passes the end on: the other direction
// may still have something to say.
func pump(to, from net.Conn) {
	_, err := io.Copy(to, from)
	half, ok := to.(interface{ CloseWrite() error })
	if err != nil || !ok {
		_ = to.Close()
		return
	}
	_ = half.CloseWrite()
}
