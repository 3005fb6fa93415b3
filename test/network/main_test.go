// Package network puts the workload's real server and client on both sides of
// a network that misbehaves, and holds what they say of it: nothing is lost
// without a close reason, nothing comes twice or out of order, the client is
// back when the fault is over, and nothing is left behind.
package network

import (
	"flag"
	"fmt"
	"net"
	"os"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	flag.Parse()
	// The tests wait for timeouts, mostly: more of them can than processors.
	_ = flag.Set("test.parallel", "16")
	os.Exit(leaks(m.Run))
}

// leaks runs the tests, and fails where they leave goroutines or descriptors.
func leaks(run func() int) int {
	before := descriptors()
	code := run()
	if code != 0 {
		return code
	}
	if err := goleak.Find(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	if after := descriptors(); after != before {
		fmt.Fprintf(os.Stderr, "%d descriptors before, %d after\n", before, after)
		return 1
	}
	return 0
}

// descriptors counts those of this process, those included that Go's runtime
// opens with the first socket.
func descriptors() int {
	if l, err := net.Listen("tcp", "127.0.0.1:0"); err == nil {
		_ = l.Close()
	}
	open, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return 0 // not on Linux
	}
	return len(open)
}
