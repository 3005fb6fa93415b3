package alarm

import (
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

// A sleeper notes when it was woken.
type sleeper struct {
	Alarm
	clock *Clock
	mu    sync.Mutex
	woken []time.Duration
}

func (s *sleeper) Wake() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.woken = append(s.woken, s.clock.Now())
}

func TestAlarms(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clock := New(2)
		set := func(key uint64, at ...time.Duration) *sleeper {
			s := &sleeper{clock: clock}
			for _, one := range at {
				clock.Set(&s.Alarm, s, key, one)
			}
			return s
		}
		tests := []struct {
			name string
			s    *sleeper
			want []time.Duration
		}{
			{"once", set(1, 5*time.Second), []time.Duration{5 * time.Second}},
			{"moved forward", set(1, time.Minute, time.Second), []time.Duration{time.Second}},
			{"moved back", set(2, time.Second, time.Minute), []time.Duration{time.Minute}},
			{"a moment that has passed", set(2, 0), []time.Duration{1}},
		}
		cancelled := set(1, time.Millisecond)
		clock.Cancel(&cancelled.Alarm, 1)
		clock.Cancel(&cancelled.Alarm, 1)
		time.Sleep(time.Hour)
		synctest.Wait()
		for _, tt := range tests {
			if !slices.Equal(tt.s.woken, tt.want) {
				t.Errorf("%s: woken at %v, want %v", tt.name, tt.s.woken, tt.want)
			}
		}
		if len(cancelled.woken) > 0 {
			t.Errorf("cancelled: woken at %v", cancelled.woken)
		}
	})
}

// TestNobodySleepsTooLongOrIsWokenEarly sets, moves and cancels alarms at
// random and compares with what each was last told.
func TestNobodySleepsTooLongOrIsWokenEarly(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		steps := rapid.SliceOfN(rapid.IntRange(0, 999), 1, 200).Draw(rt, "steps")
		synctest.Test(t, func(*testing.T) {
			clock := New(2)
			sleepers := make([]sleeper, 10)
			want := make([]time.Duration, len(sleepers))
			for _, step := range steps {
				i, at := step%len(sleepers), time.Duration(step+1)*time.Second
				sleepers[i].clock = clock
				if step%7 == 0 {
					clock.Cancel(&sleepers[i].Alarm, uint64(i))
					want[i] = 0
				} else {
					clock.Set(&sleepers[i].Alarm, &sleepers[i], uint64(i), at)
					want[i] = at
				}
			}
			time.Sleep(time.Hour)
			synctest.Wait()
			for i := range sleepers {
				if got := sleepers[i].woken; want[i] == 0 && len(got) > 0 || want[i] > 0 && !slices.Equal(got, want[i:i+1]) {
					rt.Errorf("sleeper %d: woken at %v, want %v", i, got, want[i])
				}
			}
		})
	})
}
