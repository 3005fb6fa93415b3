package wire

import (
	"sync"
	"sync/atomic"
)

// A table finds connections by their descriptors, which are small numbers as
// the kernel gives the lowest that is free. Reading takes no lock. The zero
// value is empty.
type table struct {
	mu    sync.Mutex // taken to change it; while a polled.mu is held, never the other way
	conns atomic.Pointer[[]atomic.Pointer[polled]]
}

// fewestConns is the size of a table with a connection.
const fewestConns = 64

// get returns the connection of a descriptor, nil where there is none.
func (t *table) get(fd int32) *polled {
	conns := t.conns.Load()
	if conns == nil || int(fd) >= len(*conns) {
		return nil
	}
	return (*conns)[fd].Load()
}

func (t *table) add(c *polled) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.roomLocked(int(c.fd))[c.fd].Store(c)
}

// roomLocked returns the connections, with room for a descriptor.
func (t *table) roomLocked(fd int) []atomic.Pointer[polled] {
	var conns []atomic.Pointer[polled]
	if old := t.conns.Load(); old != nil {
		conns = *old
	}
	if fd < len(conns) {
		return conns
	}
	grown := make([]atomic.Pointer[polled], max(fd+1, 2*len(conns), fewestConns))
	for i := range conns {
		grown[i].Store(conns[i].Load())
	}
	t.conns.Store(&grown)
	return grown
}

// remove forgets c, unless another one has its descriptor already.
func (t *table) remove(c *polled) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if conns := t.conns.Load(); conns != nil && int(c.fd) < len(*conns) {
		(*conns)[c.fd].CompareAndSwap(c, nil)
	}
}
