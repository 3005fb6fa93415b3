package load

import (
	"context"
	"fmt"
	"time"
)

// sendsAtOnce is how many messages are sent before replies are looked for:
// a burst must not make them look late.
const sendsAtOnce = 16

// Lateness is how long after their delay replies came. What is below zero
// came early.
type Lateness struct {
	Spread []time.Duration // of messages spread evenly over most of the delay
	Burst  []time.Duration // of messages sent all at once
	Lost   int             // replies that did not come in time
}

// A probe measures the lateness of two replies of each session: the first
// message of all sessions is spread over four fifths of the delay, the second
// sent by all at once, so late that no two replies to different kinds fall
// due together.
type probe struct {
	*loop
	delay    time.Duration
	start    time.Time
	sent     [2][]time.Time
	received []int // replies of each session
	late     [2][]time.Duration
}

// Lateness lets every session send two messages, and waits for the replies
// until patience has passed after the last was due. It needs Clients with one
// loop: what reads replies must not keep the server from sending others.
func (c *Clients) Lateness(ctx context.Context, delay, patience time.Duration) (Lateness, error) {
	l := c.loops[0]
	p := probe{loop: l, delay: delay, start: time.Now(), received: make([]int, len(l.fds))}
	for kind := range p.sent {
		p.sent[kind] = make([]time.Time, 0, len(l.fds))
		p.late[kind] = make([]time.Duration, 0, len(l.fds))
	}
	if err := p.sendAll(ctx, 0, delay*4/5/time.Duration(len(l.fds))); err != nil {
		return Lateness{}, err
	}
	if err := p.readUntil(ctx, p.start.Add(delay*9/10)); err != nil {
		return Lateness{}, err
	}
	if err := p.sendAll(ctx, 1, 0); err != nil {
		return Lateness{}, err
	}
	deadline := time.Now().Add(delay + patience)
	for p.missing() > 0 && time.Now().Before(deadline) {
		if err := p.read(ctx, tick); err != nil {
			return Lateness{}, err
		}
	}
	return Lateness{Spread: p.late[0], Burst: p.late[1], Lost: p.missing()}, nil
}

// sendAll lets every session send one message, so far apart.
func (p *probe) sendAll(ctx context.Context, kind int, apart time.Duration) error {
	begin := time.Now()
	for session := range p.fds {
		if err := p.readUntil(ctx, begin.Add(apart*time.Duration(session))); err != nil {
			return err
		}
		p.sent[kind] = append(p.sent[kind], time.Now())
		if err := p.send(session); err != nil {
			return err
		}
		if session%sendsAtOnce == 0 {
			if err := p.read(ctx, 0); err != nil {
				return err
			}
		}
	}
	return nil
}

// readUntil reads what comes until at, to the millisecond: waiting more finely
// would take a processor from the server.
func (p *probe) readUntil(ctx context.Context, at time.Time) error {
	for wait := time.Until(at); wait > 0; wait = time.Until(at) {
		if err := p.read(ctx, max(min(wait, tick), time.Millisecond)); err != nil {
			return err
		}
	}
	return nil
}

func (p *probe) read(ctx context.Context, wait time.Duration) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return p.poll(wait, p.note)
}

// note takes in replies of one session, which come in the order of its
// messages.
func (p *probe) note(session, lines int) error {
	now := time.Now()
	for range lines {
		kind := p.received[session]
		if kind == len(p.sent) {
			return fmt.Errorf("session %d: more replies than messages", session)
		}
		p.received[session]++
		p.late[kind] = append(p.late[kind], now.Sub(p.sent[kind][session])-p.delay)
	}
	return nil
}

func (p *probe) missing() int {
	return 2*len(p.fds) - len(p.late[0]) - len(p.late[1])
}
