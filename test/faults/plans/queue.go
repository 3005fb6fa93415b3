package plans

import (
	"cmp"
	"slices"
	"time"
)

// The bounds of the back-off, as the operator's manager has them.
const (
	firstRetry = 5 * time.Millisecond
	maxRetry   = time.Minute
)

// queue is a work queue whose clock stands still until it is told to go on.
// It hands out keys in the order in which they came.
type queue struct {
	now      time.Time
	due      []key
	later    map[key]time.Time
	failures map[key]int
}

func newQueue(now time.Time) *queue {
	return &queue{now: now, later: map[key]time.Time{}, failures: map[key]int{}}
}

// add makes a key due now, once.
func (q *queue) add(k key) {
	if !slices.Contains(q.due, k) {
		q.due = append(q.due, k)
	}
}

// addAfter makes a key due after a while, or sooner if it was going to be.
func (q *queue) addAfter(k key, wait time.Duration) {
	at := q.now.Add(wait)
	if planned, ok := q.later[k]; !ok || at.Before(planned) {
		q.later[k] = at
	}
}

// retry makes a key due after a back-off that doubles.
func (q *queue) retry(k key) {
	wait := min(firstRetry<<min(q.failures[k], 20), maxRetry)
	q.failures[k]++
	q.addAfter(k, wait)
}

func (q *queue) forget(k key) { delete(q.failures, k) }

// next takes the first key that is due.
func (q *queue) next() (key, bool) {
	if len(q.due) == 0 {
		return key{}, false
	}
	k := q.due[0]
	q.due = q.due[1:]
	return k, true
}

// advance moves the clock to the time of the next key, and says whether there
// was one.
func (q *queue) advance() bool {
	if len(q.later) == 0 {
		return false
	}
	var first time.Time
	for _, at := range q.later {
		if first.IsZero() || at.Before(first) {
			first = at
		}
	}
	q.skip(first.Sub(q.now))
	return true
}

// skip moves the clock, and makes due what was planned until then.
func (q *queue) skip(d time.Duration) {
	q.now = q.now.Add(d)
	var ready []key
	for k, at := range q.later {
		if !at.After(q.now) {
			ready = append(ready, k)
			delete(q.later, k)
		}
	}
	slices.SortFunc(ready, cmpKeys)
	for _, k := range ready {
		q.add(k)
	}
}

func cmpKeys(a, b key) int { return cmp.Compare(a.String(), b.String()) }
