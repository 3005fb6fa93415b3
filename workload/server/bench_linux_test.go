package server

import (
	"net/netip"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"tcp-operator.io/workload/snapshot"
	"tcp-operator.io/workload/spec"
)

// BenchmarkIdleSession prints what an idle session costs: C6. The peers are
// bare descriptors, so that the memory that grows is the server's alone.
func BenchmarkIdleSession(b *testing.B) {
	const sessions = 5000
	modes := map[string]bool{"parked": true, "goroutine": false}
	for name, parked := range modes {
		for _, delay := range []time.Duration{0, time.Second} {
			b.Run(name+"/delay="+delay.String(), func(b *testing.B) {
				for range b.N {
					measureIdle(b, sessions, parked, delay)
				}
			})
		}
	}
}

func measureIdle(b *testing.B, sessions int64, parked bool, delay time.Duration) {
	change := func(s *spec.Server) { s.Backlog = 4096; s.Reply.Delay = spec.Duration(delay) }
	l := onLoopbackWith(b, nil, change)
	if parked {
		l = onLoopback(b, change)
	}
	l.dialBare(1) // whatever is made only once
	debug.FreeOSMemory()
	before := resident(b)
	peers := l.dialBare(int(sessions))
	l.until("connected", func(s snapshot.Snapshot) bool { return s.Sessions.Open == sessions+1 })
	debug.FreeOSMemory()
	silent := resident(b)
	for _, fd := range peers {
		_, _ = unix.Write(fd, []byte("hello"))
	}
	l.until("answered", func(s snapshot.Snapshot) bool { return s.Messages.Sent == sessions })
	debug.FreeOSMemory()
	b.ReportMetric(float64(silent-before)/float64(sessions), "B/silent-session")
	b.ReportMetric(float64(resident(b)-before)/float64(sessions), "B/idle-session")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkSlowReader prints what a session costs whose peer sends and never
// reads: the other half of C6. Its replies are bounded by pendingReplies, and
// its input by the kernel's buffers, as the server stops reading.
func BenchmarkSlowReader(b *testing.B) {
	for _, pending := range []int32{16, 128} {
		b.Run("pendingReplies="+strconv.Itoa(int(pending)), func(b *testing.B) {
			for range b.N {
				measureSlow(b, 2000, pending)
			}
		})
	}
}

func measureSlow(b *testing.B, sessions int, pending int32) {
	l := onLoopback(b, func(s *spec.Server) {
		s.Backlog, s.Framing = 4096, spec.FramingLine
		s.Limits.PendingReplies, s.Limits.WriteTimeout = pending, 0
		s.Reply = spec.Reply{Text: strings.Repeat("x", 1024)}
	})
	debug.FreeOSMemory()
	before := resident(b)
	peers := l.dialBare(sessions)
	l.until("connected", func(s snapshot.Snapshot) bool { return s.Sessions.Open == int64(sessions) })
	flood := []byte(strings.Repeat("message\n", 8192)) // more than the replies that fit anywhere
	for _, fd := range peers {
		_ = unix.SetNonblock(fd, true)
		_, _ = unix.Write(fd, flood)
	}
	var last, looks int64
	l.until("stalled", func(s snapshot.Snapshot) bool {
		if s.Messages.Received != last {
			last, looks = s.Messages.Received, 0
		}
		looks++
		return last > 0 && looks > 1000 // a millisecond each
	})
	debug.FreeOSMemory()
	b.ReportMetric(float64(resident(b)-before)/float64(sessions), "B/slow-session")
	b.ReportMetric(float64(last)/float64(sessions), "messages/session")
	b.ReportMetric(0, "ns/op")
}

// dialBare connects descriptors that Go's runtime knows nothing of.
func (l *loopback) dialBare(n int) []int {
	l.Helper()
	to := netip.MustParseAddrPort(l.address)
	fds := make([]int, n)
	for i := range fds {
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		if err == nil {
			err = unix.Connect(fd, &unix.SockaddrInet4{Addr: to.Addr().As4(), Port: int(to.Port())})
		}
		if err != nil {
			l.Fatal(err)
		}
		fds[i] = fd
	}
	l.Cleanup(func() {
		for _, fd := range fds {
			_ = unix.Close(fd)
		}
	})
	return fds
}

// resident is the resident memory of this process in bytes.
func resident(t testing.TB) int64 {
	t.Helper()
	text, err := os.ReadFile("/proc/self/statm") // proc_pid_statm(5)
	if err != nil {
		t.Fatal(err)
	}
	pages, err := strconv.ParseInt(strings.Fields(string(text))[1], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return pages * int64(os.Getpagesize())
}
