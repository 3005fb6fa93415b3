package proxy

import (
	"errors"
	"io"
	"time"
)

// A pipe writes one direction of a connection.
type pipe struct {
	proxy     *Proxy
	conn      *conn
	direction Direction

	passed int // bytes since the fault that counts them
}

// errGone says that the connection has been reset.
var errGone = errors.New("proxy: connection reset")

// write passes on what was read. An error of one end becomes RST at the other.
func (p *pipe) write(chunks <-chan chunk) {
	for one := range chunks {
		err := p.pass(one)
		if err == nil && one.err != nil {
			err = p.end(one.err)
		}
		if err != nil {
			p.conn.reset()
		}
	}
}

// wait waits for d, or for as long as the fault lasts where d is negative.
func (p *pipe) wait(d time.Duration, changed <-chan struct{}) error {
	var over <-chan time.Time
	if d >= 0 {
		timer := time.NewTimer(d)
		defer timer.Stop()
		over = timer.C
	}
	select {
	case <-over:
	case <-changed:
	case <-p.conn.gone:
		return errGone
	}
	return nil
}

// held waits while the direction is stalled, and returns the fault then.
func (p *pipe) held() (Fault, <-chan struct{}, error) {
	for {
		f, changed := p.proxy.fault(p.direction)
		if !f.Stall {
			return f, changed, nil
		}
		if err := p.wait(-1, changed); err != nil {
			return f, changed, err
		}
	}
}

// pass writes a chunk with the damage of now.
func (p *pipe) pass(one chunk) error {
	f, changed, err := p.held()
	if err != nil || len(one.bytes) == 0 {
		return err
	}
	if f.Reset {
		return errGone
	}
	if f.Latency > 0 {
		err = p.wait(max(time.Until(one.at.Add(f.delay())), 0), changed)
	}
	for rest := one.bytes; err == nil && len(rest) > 0; {
		f, changed, err = p.held()
		size, gap := f.piece(len(rest))
		size = p.beforeCut(f, size)
		if err != nil || p.conn.cut.Load() {
			return err
		}
		if err = p.send(rest[:size]); err == nil && gap > 0 {
			err = p.wait(gap, changed)
		}
		rest = rest[size:]
	}
	return err
}

func (p *pipe) send(b []byte) error {
	_, err := p.conn.sink(p.direction).Write(b)
	if p.conn.cut.Load() {
		return nil // meanwhile, which is no reason for a reset
	}
	return err
}

// beforeCut returns how much of n bytes may pass, and cuts the connection when
// there is nothing more that may.
func (p *pipe) beforeCut(f Fault, n int) int {
	if f.CutAfter == 0 {
		p.passed = 0
		return n
	}
	n = min(n, f.CutAfter-p.passed)
	if p.passed += n; n == 0 {
		p.conn.hangUp()
	}
	return n
}

// end passes on that an end has ended.
func (p *pipe) end(why error) error {
	f, changed, err := p.held()
	if err == nil && f.SlowClose > 0 {
		err = p.wait(f.SlowClose, changed)
	}
	switch {
	case err != nil:
		return err
	case why != io.EOF:
		return why
	}
	_ = p.conn.sink(p.direction).CloseWrite() // fails only when that end has ended
	return nil
}
