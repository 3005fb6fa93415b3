package manager

import (
	"strings"
	"testing"
	"time"

	"tcp-operator.io/test/faults/wire"
)

// The bounds of what an operator may ask while its cache is behind.
const (
	// backedOff is how long it may take until it asks seldom.
	backedOff = 5 * time.Second
	// listened is how long it is listened to from then on.
	listened = 5 * time.Second
	// atMostEvery is the shortest time, on average, between two calls that are
	// the same: so it is at most one of each kind a second for each resource.
	atMostEvery = time.Second
)

// TestAFrozenWatchMakesNoHotLoop holds that an operator which cannot act,
// because what it sees is not so any more, waits for its cache and does not ask
// the API server again and again. Reads do not wait for its own writes here:
// where they do, it stands still.
func TestAFrozenWatchMakesNoHotLoop(t *testing.T) {
	const kind = "frozen watch, listened to"
	loads := sampled(t, "", 1)
	if !*full {
		// What is looked for is sure to be met where children go and the cache
		// still has their owner.
		loads = append(loads, workload(t, "TcpServer/recreate"), workload(t, "TcpClient/recreate"))
	}
	for _, load := range loads {
		t.Run(load.String(), func(t *testing.T) {
			t.Parallel()
			r := referenceOf(t, load)
			chosen := few(t, kind, framePlans(r, wire.Freeze), 1)
			if owners := strings.ToLower(load.Kind) + "s"; !*full && r.frames[owners] > 0 {
				chosen = append(chosen, framePlan{owners, 0, wire.Freeze})
			}
			for _, plan := range chosen {
				t.Run(plan.String(), func(t *testing.T) {
					t.Parallel()
					plan.play(t, kind, load.Given, func(x *trial) {
						x.make(frozenSettling, load.Edits...)
						x.checkNoHotLoop()
						x.operator.wire.Thaw()
						r.compareState(x.t, x.judge())
					}, withoutReadYourWrites)
				})
			}
		})
	}
}

// checkNoHotLoop listens to an operator that cannot act.
func (x *trial) checkNoHotLoop() {
	x.t.Helper()
	x.operator.live(x.t, backedOff)
	before := x.operator.wire.Calls()
	x.operator.live(x.t, listened)
	for call, n := range x.operator.wire.Calls() {
		if call.Resource == "events" {
			continue // each is of something else
		}
		if more := n - before[call]; more > int(listened/atMostEvery)+1 {
			x.t.Errorf("while the cache is behind, %v was sent %d times in %s: a hot loop", call, more, listened)
		}
	}
}
