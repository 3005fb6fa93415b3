package manager

import (
	"fmt"
	"slices"
	"sync"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"tcp-operator.io/test/faults/oracle"
	"tcp-operator.io/test/faults/world"
)

// history is what a namespace has been through.
type history struct {
	mu       sync.Mutex
	made     map[string]map[types.UID]bool // objects, by kind
	gone     map[string]map[types.UID]bool
	versions int                 // of resources
	wrong    []string            // with what those said
	observed map[types.UID]int64 // the generation that the last version was of
}

func newHistory() *history {
	return &history{made: map[string]map[types.UID]bool{}, gone: map[string]map[types.UID]bool{}, observed: map[types.UID]int64{}}
}

// saw keeps a version of an object.
func (h *history) saw(o client.Object) {
	h.mu.Lock()
	defer h.mu.Unlock()
	note(h.made, o)
	if world.IsResource(o) {
		h.versions++
		for _, wrong := range oracle.Version(o) {
			h.wrong = append(h.wrong, o.GetResourceVersion()+": "+wrong)
		}
		was, known := h.observed[o.GetUID()]
		is := oracle.ObservedGeneration(o)
		if known && is < was {
			h.wrong = append(h.wrong, fmt.Sprintf("%s: observedGeneration went from %d back to %d", o.GetResourceVersion(), was, is))
		}
		h.observed[o.GetUID()] = is
	}
}

// lost keeps the end of an object.
func (h *history) lost(o client.Object) {
	h.mu.Lock()
	defer h.mu.Unlock()
	note(h.gone, o)
}

func note(in map[string]map[types.UID]bool, o client.Object) {
	kind := world.Kind(o)
	if in[kind] == nil {
		in[kind] = map[types.UID]bool{}
	}
	in[kind][o.GetUID()] = true
}

// tally counts objects by kind.
type tally struct{ Made, Gone map[string]int }

func (h *history) tally() tally {
	h.mu.Lock()
	defer h.mu.Unlock()
	return tally{sizes(h.made), sizes(h.gone)}
}

func sizes(of map[string]map[types.UID]bool) map[string]int {
	out := map[string]int{}
	for kind, set := range of {
		out[kind] = len(set)
	}
	return out
}

// violations are what versions of resources must not say, and how many
// versions there were.
func (h *history) violations() (wrong []string, versions int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.wrong), h.versions
}
