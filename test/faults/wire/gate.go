package wire

import (
	"sync"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Gate holds some requests, while it is closed, and lets all others pass. Its
// Pass is a Wire's Refuse. It begins open.
type Gate struct {
	// Closes tells which requests are held.
	Closes func(Request) bool

	mu      sync.Mutex
	open    chan struct{} // closed when the gate opens; nil: it is open
	reached chan struct{} // closed when a request is held
	once    *sync.Once
}

// Close holds what comes from now on.
func (g *Gate) Close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.open, g.reached, g.once = make(chan struct{}), make(chan struct{}), &sync.Once{}
}

// Open lets go what is held. The gate must be closed.
func (g *Gate) Open() {
	g.mu.Lock()
	defer g.mu.Unlock()
	close(g.open)
	g.open = nil
}

// Reached is closed once a request is held. The gate must be closed.
func (g *Gate) Reached() <-chan struct{} {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.reached
}

// Pass waits until the gate is open for r, and refuses nothing.
func (g *Gate) Pass(r Request) *metav1.Status {
	g.mu.Lock()
	open, reached, once := g.open, g.reached, g.once
	g.mu.Unlock()
	if open != nil && g.Closes(r) {
		once.Do(func() { close(reached) })
		<-open
	}
	return nil
}
