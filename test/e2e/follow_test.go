//go:build e2e

package e2e

import (
	"bufio"
	"slices"
	"strings"
	"sync"
	"time"
)

// A follower collects what a command prints, line by line, until the command
// or the test ends.
type follower struct {
	done chan struct{} // closed when the command has ended

	mu    sync.Mutex
	lines []string
}

// follow starts kubectl with arguments such as "logs", "-f" or "get", "-w".
func (n namespace) follow(args ...string) *follower {
	n.t.Helper()
	command := labCommand(n.t.Context(), append([]string{"kubectl", "-n", n.name}, args...)...)
	out, err := command.StdoutPipe()
	if err == nil {
		err = command.Start()
	}
	if err != nil {
		n.t.Fatalf("kubectl %s: %v", strings.Join(args, " "), err)
	}
	f := &follower{done: make(chan struct{})}
	n.t.Cleanup(func() { <-f.done })
	go func() {
		defer close(f.done)
		for s := bufio.NewScanner(out); s.Scan(); {
			f.add(s.Text())
		}
		_ = command.Wait() // the end of the test kills it
	}()
	return f
}

func (f *follower) add(line string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.lines = append(f.lines, line)
}

// soFar returns the lines that have come.
func (f *follower) soFar() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.lines)
}

// changes returns the lines that have come, those that repeat left out.
func (f *follower) changes() []string { return slices.Compact(f.soFar()) }

// ended returns all lines of a command that ends by itself.
func (n namespace) ended(f *follower) []string {
	n.t.Helper()
	select {
	case <-f.done:
	case <-time.After(time.Minute):
		n.t.Fatal("waited in vain for a command to end")
	}
	return f.soFar()
}

// followReady follows the status of a resource's condition Ready.
func (n namespace) followReady(resource string) *follower {
	n.t.Helper()
	return n.follow("get", resource, "-w", "-o", `jsonpath={.status.conditions[?(@.type=="Ready")].status}{"\n"}`)
}
