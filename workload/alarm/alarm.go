// Package alarm wakes many sleepers with few timers. A time.Timer for each
// would cost its own memory, and a goroutine at the moment it fires: when
// twenty thousand replies fall due at once, so many stacks.
package alarm

import (
	"container/heap"
	"sync"
	"time"
)

// A Sleeper is woken when its Alarm goes off. Wake runs on a goroutine that
// wakes others after it: it must not wait.
type Sleeper interface{ Wake() }

// An Alarm is the record of one sleeper, to be kept inside it. Its zero value
// is not set.
type Alarm struct {
	sleeper Sleeper
	at      time.Duration
	place   int // in the heap, from 1; 0: not set
}

// A Clock counts time from its own start, and wakes. Moments are durations
// since then; none that it has seen is 0, which is free to mean "none". It is
// safe for use by several goroutines at once, and needs no end: a Clock without
// alarms has neither a timer nor a goroutine that runs.
type Clock struct {
	epoch  time.Time
	shards []shard
}

// New returns a Clock that wakes sleepers on up to so many processors at once.
func New(shards int) *Clock {
	return &Clock{epoch: time.Now(), shards: make([]shard, shards)}
}

// Now returns the moment of now. It follows the monotonic clock: setting the
// system's time does not move it.
func (c *Clock) Now() time.Duration { return time.Since(c.epoch) + 1 }

// Moment returns the moment of t, which must have a monotonic reading.
func (c *Clock) Moment(t time.Time) time.Duration { return t.Sub(c.epoch) + 1 }

// Time returns the time of a moment.
func (c *Clock) Time(moment time.Duration) time.Time { return c.epoch.Add(moment - 1) }

// Set sets a to wake s at a moment, in place of what it was set to. Alarms
// with the same key are woken one after the other. Set may be called with the
// lock held that Wake takes.
func (c *Clock) Set(a *Alarm, s Sleeper, key uint64, at time.Duration) {
	c.shard(key).set(c, a, s, at)
}

// Cancel makes a wake nobody, unless it is doing so already. key is that of
// Set.
func (c *Clock) Cancel(a *Alarm, key uint64) { c.shard(key).cancel(a) }

func (c *Clock) shard(key uint64) *shard { return &c.shards[key%uint64(len(c.shards))] }

// A shard holds a part of the alarms and one timer, set to the first.
type shard struct {
	mu      sync.Mutex // no Sleeper is called while it is held
	alarms  alarms
	timer   *time.Timer
	armed   time.Duration // what timer is set to; 0: it is not
	ringing bool          // ring is at work and will set the timer
}

func (s *shard) set(c *Clock, a *Alarm, sleeper Sleeper, at time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a.sleeper, a.at = sleeper, at
	if a.place > 0 {
		heap.Fix(&s.alarms, a.place-1)
	} else {
		heap.Push(&s.alarms, a)
	}
	s.armLocked(c)
}

func (s *shard) cancel(a *Alarm) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a.place > 0 {
		heap.Remove(&s.alarms, a.place-1)
	}
	if len(s.alarms) == 0 && s.timer != nil {
		s.timer.Stop()
		s.armed = 0
	}
}

// armLocked sets the timer to the first alarm, if it is not set to that or
// earlier: a timer that fires too early does no harm.
func (s *shard) armLocked(c *Clock) {
	if s.ringing || len(s.alarms) == 0 {
		return
	}
	first := s.alarms[0].at
	if s.armed > 0 && s.armed <= first {
		return
	}
	s.armed = first
	wait := max(first-c.Now(), 0)
	if s.timer == nil {
		s.timer = time.AfterFunc(wait, func() { s.ring(c) })
	} else {
		s.timer.Reset(wait)
	}
}

// ring wakes all whose moment has come. It is the timer's function.
func (s *shard) ring(c *Clock) {
	if !s.beginRinging() {
		return
	}
	for {
		sleeper := s.next(c)
		if sleeper == nil {
			return
		}
		sleeper.Wake()
	}
}

func (s *shard) beginRinging() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ringing {
		return false // a timer that was set anew while it fired
	}
	s.ringing, s.armed = true, 0
	return true
}

// next takes the first alarm that is due. Without one it sets the timer and
// returns nil.
func (s *shard) next(c *Clock) Sleeper {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.alarms) > 0 && s.alarms[0].at <= c.Now() {
		return heap.Pop(&s.alarms).(*Alarm).sleeper
	}
	s.ringing = false
	s.armLocked(c)
	return nil
}

// alarms is a heap.Interface, the first alarm at its top.
type alarms []*Alarm

func (h alarms) Len() int           { return len(h) }
func (h alarms) Less(i, j int) bool { return h[i].at < h[j].at }

func (h alarms) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].place, h[j].place = i+1, j+1
}

func (h *alarms) Push(a any) {
	alarm := a.(*Alarm)
	*h = append(*h, alarm)
	alarm.place = len(*h)
}

func (h *alarms) Pop() any {
	last := len(*h) - 1
	alarm := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	alarm.place = 0
	return alarm
}
