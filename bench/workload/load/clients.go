package load

import (
	"context"
	"errors"
	"net/netip"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sys/unix"
)

// ErrClosed says that the server closed a session.
var ErrClosed = errors.New("the server closed the session")

// tick bounds one wait, so that the end of a context is seen.
const tick = 10 * time.Millisecond

// Clients are the sessions of one server. They are for one goroutine at a
// time. Close releases them.
type Clients struct {
	to    netip.AddrPort
	loops []*loop
	count int
}

// New returns Clients without sessions, on so many loops, of which each may
// keep one processor busy.
func New(to netip.AddrPort, loops int) (*Clients, error) {
	c := &Clients{to: to}
	for range loops {
		l, err := newLoop()
		if err != nil {
			c.Close()
			return nil, err
		}
		c.loops = append(c.loops, l)
	}
	return c, nil
}

// Close resets all sessions.
func (c *Clients) Close() {
	for _, l := range c.loops {
		l.close()
	}
	c.loops = nil
}

// Connect begins n more sessions, as fast as it can. It does not wait until
// the server has accepted them.
func (c *Clients) Connect(n int) error {
	begun := c.count
	if err := c.prepare(n, unix.EPOLLIN); err != nil {
		return err
	}
	return c.connect(begun)
}

// Burst connects n sessions, of which each sends a message as soon as it is
// connected, and returns how long it took until each had received a reply. The
// sockets are made before: the time is that of connecting and of the exchange.
// It is for Clients without sessions.
func (c *Clients) Burst(ctx context.Context, n int) (took time.Duration, err error) {
	if err := c.prepare(n, speaksFirst); err != nil {
		return 0, err
	}
	begin := time.Now()
	if err := c.connect(0); err != nil {
		return 0, err
	}
	err = c.awaitReplies(ctx)
	return time.Since(begin), err
}

// prepare makes n more sessions, and deals them out to the loops by turns.
func (c *Clients) prepare(n int, events uint32) error {
	for range n {
		if err := c.loops[c.count%len(c.loops)].prepare(c.count, events); err != nil {
			return err
		}
		c.count++
	}
	return nil
}

// connect begins to connect all sessions but the first so many.
func (c *Clients) connect(begun int) error {
	for i := begun; i < c.count; i++ {
		if err := c.loops[i%len(c.loops)].connect(i/len(c.loops), c.to); err != nil {
			return err
		}
	}
	return nil
}

// awaitReplies returns once every session has received a line.
func (c *Clients) awaitReplies(ctx context.Context) error {
	return c.eachLoop(ctx, func(ctx context.Context, l *loop) error {
		missing := len(l.fds)
		heard := make([]bool, len(l.fds))
		for missing > 0 && ctx.Err() == nil {
			err := l.poll(tick, func(session, lines int) error {
				if lines > 0 && !heard[session] {
					heard[session] = true
					missing--
				}
				return nil
			})
			if err != nil {
				return err
			}
		}
		return ctx.Err()
	})
}

// Exchange lets every session send one message and receive one reply.
func (c *Clients) Exchange(ctx context.Context) error {
	for _, l := range c.loops {
		for session := range l.fds {
			if err := l.send(session); err != nil {
				return err
			}
		}
	}
	return c.awaitReplies(ctx)
}

// eachLoop runs do on every loop at once.
func (c *Clients) eachLoop(ctx context.Context, do func(context.Context, *loop) error) error {
	group, ctx := errgroup.WithContext(ctx)
	for _, l := range c.loops {
		group.Go(func() error { return do(ctx, l) })
	}
	return group.Wait()
}
