package manager

import (
	"os"
	"runtime"
	"testing"
	"time"

	"tcp-operator.io/test/faults/edits"
	"tcp-operator.io/test/faults/wire"
)

// TestNothingIsLeftOfAStoppedOperator is A27: goroutines and descriptors are
// back where they were after many operators have come and gone, each with a
// resource to keep.
func TestNothingIsLeftOfAStoppedOperator(t *testing.T) {
	times := 5
	if *full {
		times = 100
	}
	x := newTrial(t, "stopped and started", &wire.Wire{})
	x.make(settling, edits.Clients()[0].Given...)
	x.make(settling, edits.Clients()[0].Edits...)
	x.operator.stop(t)
	goroutines, descriptors := held(t)
	for range times {
		x.start(&wire.Wire{})
		x.rest(recovery)
		x.operator.stop(t)
	}
	var nowGoroutines, nowDescriptors int
	back := func() bool {
		nowGoroutines, nowDescriptors = held(t)
		return nowGoroutines <= goroutines+slack && nowDescriptors <= descriptors+slack
	}
	for end := time.Now().Add(recovery); !back() && time.Now().Before(end); {
		<-time.After(poll)
	}
	t.Logf("%d operators: goroutines %d to %d, descriptors %d to %d", times, goroutines, nowGoroutines, descriptors, nowDescriptors)
	if !back() {
		t.Errorf("%d goroutines and %d descriptors became %d and %d", goroutines, descriptors, nowGoroutines, nowDescriptors)
	}
	x.start(&wire.Wire{})
	x.judge()
}

// slack is for what the HTTP client and the runtime keep for themselves. One
// leak of each operator would show.
const slack = 4

// held counts what the process holds.
func held(t *testing.T) (goroutines, descriptors int) {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip("needs /proc to count descriptors")
	}
	return runtime.NumGoroutine(), len(entries)
}
