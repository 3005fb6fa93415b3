package status

import (
	"hash/fnv"
	"time"
)

const (
	// shortestCounterInterval keeps the counters of a resource that is busy all
	// the time to 60 writes an hour.
	shortestCounterInterval = time.Minute
	// counterSpread is by how much intervals differ.
	counterSpread = 15 * time.Second
)

// CounterInterval is how often mere counters of a resource are written at most,
// between 60 and 75 seconds. It is another one for each name: resources that were
// once written together, as after a restart of the operator, would otherwise be
// so for ever, and all their writes come in one moment of every minute.
func CounterInterval(namespace, name string) time.Duration {
	h := fnv.New32a()
	_, _ = h.Write([]byte(namespace + "/" + name)) // never fails
	return shortestCounterInterval + time.Duration(h.Sum32()%uint32(counterSpread/time.Second))*time.Second
}
