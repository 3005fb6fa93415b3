package process

import (
	"context"
	"time"
)

// A process rests once it has taken next to no processor time for a while.
const (
	restWindow = 100 * time.Millisecond
	restCPU    = time.Millisecond
)

// AwaitRest returns once the process has nothing to do any more.
func (p *Process) AwaitRest(ctx context.Context) error {
	var (
		since = time.Now()
		spent time.Duration
		err   error
	)
	waited := p.Await(ctx, "rest", func() bool {
		var now time.Duration
		if now, err = p.CPU(); err != nil {
			return true
		}
		if now-spent > restCPU {
			since, spent = time.Now(), now
		}
		return time.Since(since) >= restWindow
	})
	if waited != nil {
		return waited
	}
	return err
}
