package load

import (
	"context"
	"sync/atomic"
	"time"
)

// PingPong lets every session send a message, and another one for each reply,
// until the time is over. It returns how many replies came, and how long it
// took until the last had: nothing is on its way then.
func (c *Clients) PingPong(ctx context.Context, duration time.Duration) (replies int64, took time.Duration, err error) {
	var all atomic.Int64
	begin := time.Now()
	err = c.eachLoop(ctx, func(ctx context.Context, l *loop) error {
		n, err := l.pingPong(ctx, begin.Add(duration))
		all.Add(n)
		return err
	})
	return all.Load(), time.Since(begin), err
}

func (l *loop) pingPong(ctx context.Context, end time.Time) (replies int64, err error) {
	for session := range l.fds {
		if err := l.send(session); err != nil {
			return 0, err
		}
	}
	outstanding := len(l.fds)
	over := false
	count := func(session, lines int) error {
		replies += int64(lines)
		if over {
			outstanding -= lines
			return nil
		}
		return l.send(session)
	}
	for outstanding > 0 && ctx.Err() == nil {
		if err := l.poll(tick, count); err != nil {
			return replies, err
		}
		over = !time.Now().Before(end)
	}
	return replies, ctx.Err()
}
