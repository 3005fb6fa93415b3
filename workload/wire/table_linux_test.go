package wire

import (
	"testing"

	"golang.org/x/sys/unix"
)

func TestATableKnowsWhoHasADescriptor(t *testing.T) {
	var conns table
	if got := conns.get(3); got != nil {
		t.Errorf("an empty table knows %v", got)
	}
	first, second, far := &polled{fd: 3}, &polled{fd: 3}, &polled{fd: 5000}
	conns.remove(first)
	conns.add(first)
	conns.add(far)
	if conns.get(3) != first || conns.get(5000) != far || conns.get(4) != nil || conns.get(100_000) != nil {
		t.Error("a connection is not where it was put")
	}
	conns.remove(first)
	conns.add(second)
	conns.remove(first) // once more, and late
	if conns.get(3) != second {
		t.Error("the new owner of the descriptor was forgotten")
	}
}

// An event that was reported before its connection closed must not reach the
// one that has the descriptor now, where that belongs to another loop: two
// loops would then serve it at once.
func TestAnEventOfAnEarlierOwnerIsDropped(t *testing.T) {
	poller, err := NewPoller(2)
	if err != nil {
		t.Fatal(err)
	}
	defer poller.Close()
	ours, theirs := socketPair(t)
	defer unix.Close(theirs)
	c := poller.Adopt(ours, addrPort(nil), 64, 1)
	events := newRecorder()
	c.Start(events)
	c.SetReading(false) // its own loop must not take the bytes
	if _, err := unix.Write(theirs, []byte("bytes")); err != nil {
		t.Fatal(err)
	}
	p := c.(*polled)
	p.mu.Lock()
	p.reading = true
	p.mu.Unlock()
	event := unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(ours)}
	poller.loops[0].dispatch(&event)
	if len(events.received) > 0 {
		t.Error("another loop took the bytes")
	}
	c.SetReading(true)
	if got := string(<-events.received); got != "bytes" {
		t.Errorf("got %q", got)
	}
	c.Close()
}

func socketPair(t *testing.T) (ours, theirs int) {
	t.Helper()
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	return fds[0], fds[1]
}
