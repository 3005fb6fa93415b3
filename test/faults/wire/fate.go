package wire

// Fate is what becomes of a frame.
type Fate int

const (
	// Deliver passes it on.
	Deliver Fate = iota
	// Drop ends the watch in its place: the client watches again from the
	// version that it has, or lists.
	Drop
	// Coalesce keeps it for a while, and then passes on only the latest frame
	// of each object.
	Coalesce
	// Relist answers 410 Gone in its place and ends the watch: the client has
	// to list, and finds only what is then.
	Relist
	// Lose skips it, and the watch goes on: no API server does this. It is the
	// bug of a client that misses an event, for tests of the tests.
	Lose
	// Freeze keeps it and all that follow it, on this watch and on new ones of
	// the resource, until Thaw.
	Freeze
)

var fates = map[Fate]string{Deliver: "deliver", Drop: "drop", Coalesce: "coalesce", Relist: "relist", Lose: "lose", Freeze: "freeze"}

// String names a fate, as a fault plan does.
func (f Fate) String() string { return fates[f] }

// Thaw lets all frozen watches go on, and ends the past that Return began. From
// then on nothing freezes: the frame that should may come too late, and would
// stay frozen for good.
func (w *Wire) Thaw() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.warm = true
	for resource, thawed := range w.frozen {
		close(thawed)
		delete(w.frozen, resource)
	}
	if w.past != nil {
		close(w.present)
		w.past = nil
	}
}

// Hold makes the operator one that stands still: its requests wait, and it
// sees no frames, until Release.
func (w *Wire) Hold() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.held == nil {
		w.held = make(chan struct{})
	}
}

// Release undoes Hold.
func (w *Wire) Release() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.held != nil {
		close(w.held)
		w.held = nil
	}
}

// flowing is closed when nothing is held.
func (w *Wire) flowing() <-chan struct{} {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.held != nil {
		return w.held
	}
	return closed
}

// freeze keeps the frames of a resource.
func (w *Wire) freeze(resource string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.warm {
		return
	}
	if w.frozen == nil {
		w.frozen = map[string]chan struct{}{}
	}
	if w.frozen[resource] == nil {
		w.frozen[resource] = make(chan struct{})
	}
}

// thawed is closed when the frames of a resource are not kept.
func (w *Wire) thawed(resource string) <-chan struct{} {
	w.mu.Lock()
	defer w.mu.Unlock()
	if thawed := w.frozen[resource]; thawed != nil {
		return thawed
	}
	return closed
}

// closed is a channel that never blocks.
var closed = func() chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}()

// next counts a frame of a resource.
func (w *Wire) next(resource string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.arrived == nil {
		w.arrived = map[string]int{}
	}
	w.arrived[resource]++
	return w.arrived[resource] - 1
}
