package wire

import (
	"maps"
	"slices"
)

// Deaf are the paths that the operator has watched and does not watch now, or
// whose past it sees: a watch that has ended is begun anew only after a
// back-off.
func (w *Wire) Deaf() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var deaf []string
	for _, path := range slices.Sorted(maps.Keys(w.watches)) {
		if w.watches[path] == 0 {
			deaf = append(deaf, path)
		}
	}
	return deaf
}

// watch counts a watch of a path, until the function that it returns is called.
func (w *Wire) watch(path string) (end func()) {
	w.countWatch(path, 1)
	return func() { w.countWatch(path, -1) }
}

func (w *Wire) countWatch(path string, more int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.countWatchLocked(path, more)
}

// countWatchLocked makes a path known, also where there is none more. w.mu
// must be held.
func (w *Wire) countWatchLocked(path string, more int) {
	if w.watches == nil {
		w.watches = map[string]int{}
	}
	w.watches[path] += more
}
