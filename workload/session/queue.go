package session

import "time"

// A promise is a reply that waits for its delay.
type promise struct {
	received  time.Time // when the message came, with its monotonic reading
	exception bool      // the message was not UTF-8
}

// A queue holds promises, oldest first. It keeps no memory of a past rush.
type queue struct {
	items []promise
	head  int
}

// keptPromises is how much room an empty queue keeps: the classic pair never
// has more than one promise at a time.
const keptPromises = 1

func (q *queue) len() int { return len(q.items) - q.head }

func (q *queue) first() promise { return q.items[q.head] }

func (q *queue) push(p promise) {
	if len(q.items) == cap(q.items) && q.head > len(q.items)/2 {
		q.items = q.items[:copy(q.items, q.items[q.head:])]
		q.head = 0
	}
	q.items = append(q.items, p)
}

func (q *queue) pop() {
	q.head++
	if q.head == len(q.items) {
		q.head = 0
		q.items = q.items[:0]
		if cap(q.items) > keptPromises {
			q.items = nil
		}
	}
}

func (q *queue) clear() { *q = queue{} }
