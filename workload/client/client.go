// Package client holds sessions with one server: it connects, plays a session
// on each connection, and connects again when one was lost.
package client

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"tcp-operator.io/workload/credentials"
	"tcp-operator.io/workload/session"
	"tcp-operator.io/workload/snapshot"
	"tcp-operator.io/workload/socket"
	"tcp-operator.io/workload/spec"
	"tcp-operator.io/workload/wire"
)

// ErrClientClosed is returned by Run after Shutdown or Close.
var ErrClientClosed = errors.New("client: closed")

// A Client holds sessions with the server at Address. Its fields must not
// change once Run was called.
type Client struct {
	// Config is what its sessions have in common.
	Config session.Config
	// Address is the server's host:port. The host may be a name.
	Address string
	// Sessions is how many to hold.
	Sessions int
	// Dial connects.
	Dial socket.DialFunc
	// ConnectTimeout bounds one attempt, name resolution included.
	ConnectTimeout time.Duration
	Backoff        Backoff
	// Expect decides with the sessions whether the client is ready.
	Expect spec.Expect
	// Credentials are those that Dial uses, to show their expiry; nil: none.
	Credentials *credentials.Store
	// Poller holds the connections that have descriptors; nil: all keep a
	// goroutine. It is the caller's to close, after the client.
	Poller *wire.Poller

	start   time.Time
	quit    context.Context // ends with Shutdown and Close
	stop    context.CancelFunc
	numbers atomic.Uint64
	playing sync.WaitGroup // of attempts and sessions

	mu          sync.Mutex // never held while a method of a session takes its lock
	draining    bool
	slots       []*slot
	established int
	outages     []snapshot.Outage // over, newest first
	lastFailure *snapshot.Failure
}

// Run connects and holds the sessions until Shutdown or Close. It is called
// once. Its error is never nil.
func (c *Client) Run() error {
	if !c.begin() {
		return ErrClientClosed
	}
	<-c.quit.Done()
	return ErrClientClosed
}

// begin starts the first attempts, unless the client was closed before.
func (c *Client) begin() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.initLocked()
	if c.draining {
		return false
	}
	c.start = time.Now()
	for i := range c.Sessions {
		s := &slot{client: c, index: i}
		c.slots = append(c.slots, s)
		c.playing.Add(1)
		go s.attempt()
	}
	return true
}

func (c *Client) initLocked() {
	if c.quit == nil {
		c.quit, c.stop = context.WithCancel(context.Background())
	}
}

// Shutdown makes no further attempts, lets every promised reply go out,
// closes the sessions with FIN and returns when all have ended. When ctx ends
// before that, it returns ctx's error and the sessions go on: call Close then.
func (c *Client) Shutdown(ctx context.Context) error {
	for _, one := range c.end() {
		one.Drain()
	}
	done := make(chan struct{})
	go c.await(done)
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// await closes done when nothing of the client runs any more.
func (c *Client) await(done chan<- struct{}) {
	c.playing.Wait()
	close(done)
}

// Close ends everything at once: attempts, sessions, promised replies.
func (c *Client) Close() error {
	for _, one := range c.end() {
		one.Close()
	}
	c.playing.Wait()
	return nil
}

// end stops all attempts and returns the sessions that are left, those
// included that were lost and still owe a reply.
func (c *Client) end() []*session.Session {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.initLocked()
	c.draining = true
	c.stop()
	var left []*session.Session
	for _, s := range c.slots {
		if s.timer != nil {
			s.timer.Stop()
		}
		left = append(left, s.open()...)
	}
	return left
}

// Observe adds to a snapshot what only the client knows.
func (c *Client) Observe(to *snapshot.Snapshot) {
	if c.Credentials != nil {
		if expiry := c.Credentials.Expiry(); !expiry.IsZero() {
			to.CertificateExpiryTime = &expiry
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	to.Target = c.Address
	to.Draining = c.draining
	to.Sessions.Desired = int64(c.Sessions)
	to.Sessions.Open = int64(c.established)
	to.Outages = c.outagesLocked(time.Now())
	c.judgeLocked(to, time.Now())
	if c.lastFailure != nil {
		failure := *c.lastFailure
		to.LastFailure = &failure
	}
}

// Open returns the sessions whose connections are open, in no order.
func (c *Client) Open() []*session.Session {
	c.mu.Lock()
	defer c.mu.Unlock()
	var all []*session.Session
	for _, s := range c.slots {
		all = append(all, s.open()...)
	}
	return all
}

// jitter is uniform in [0,1).
func jitter() float64 { return rand.Float64() }
