package observed

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

func TestPause(t *testing.T) {
	for name, c := range map[string]struct {
		wake bool
		took time.Duration // by the round before
		want time.Duration
	}{
		"rounds begin an interval apart":              {false, 0, 2 * time.Second},
		"a long round shortens the pause":             {false, 1500 * time.Millisecond, 500 * time.Millisecond},
		"a round longer than the interval leaves one": {false, 5 * time.Second, leastPause},
		"a change of readiness ends it":               {true, 0, leastPause},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				wake := make(chan struct{}, 1)
				if c.wake {
					wake <- struct{}{}
				}
				collector := Collector{Interval: 2 * time.Second, Wake: wake}
				now := time.Now()
				collector.pause(t.Context(), now.Add(-c.took))
				if got := time.Since(now); got != c.want {
					t.Errorf("paused for %s, want %s", got, c.want)
				}
			})
		})
	}
}

func TestAPauseEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		now := time.Now()
		(&Collector{Interval: time.Hour}).pause(ctx, now)
		if got := time.Since(now); got != time.Millisecond {
			t.Errorf("paused for %s, want 1ms", got)
		}
	})
}
