package session

import (
	"log/slog"
	"net/netip"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"tcp-operator.io/workload/cause"
	"tcp-operator.io/workload/snapshot"
	"tcp-operator.io/workload/spec"
	"tcp-operator.io/workload/stats"
	"tcp-operator.io/workload/wire"
)

// A conn notes what a session does with it. It takes all that is sent, or
// nothing while it is full.
type conn struct {
	calls []string
	sent  []string
	full  bool
	info  *snapshot.TCPInfo
}

func (c *conn) Send(p []byte) (int, error) {
	c.sent = append(c.sent, string(p))
	if c.full {
		return len(p), nil
	}
	return 0, nil
}

func (c *conn) TCPInfo() *snapshot.TCPInfo {
	if slices.Contains(c.calls, "Abort") || slices.Contains(c.calls, "Close") {
		return nil
	}
	return c.info
}

func (c *conn) Start(wire.Events)          { c.calls = append(c.calls, "Start") }
func (c *conn) SetReading(bool)            {}
func (c *conn) CloseWrite()                { c.calls = append(c.calls, "CloseWrite") }
func (c *conn) Close()                     { c.calls = append(c.calls, "Close") }
func (c *conn) Abort()                     { c.calls = append(c.calls, "Abort") }
func (c *conn) LocalAddr() netip.AddrPort  { return netip.AddrPort{} }
func (c *conn) RemoteAddr() netip.AddrPort { return netip.AddrPort{} }

// An owner counts the calls that it gets.
type owner struct{ lost, closed int }

func (o *owner) SessionLost(*Session, cause.End)   { o.lost++ }
func (o *owner) SessionClosed(*Session, cause.End) { o.closed++ }

// newSession returns a server's session on c. It is closed with the test.
func newSession(t *testing.T, c *conn, change func(*spec.Server)) (*Session, *owner) {
	settings := spec.DefaultServer()
	settings.Framing = spec.FramingLine
	settings.Reply = spec.Reply{Text: "reply {sequence}"}
	if change != nil {
		change(&settings)
	}
	config := ServerConfig(settings)
	config.Stats, config.Log = stats.New(), slog.New(slog.DiscardHandler)
	o := &owner{}
	s := New(&config, o, c, 1)
	t.Cleanup(s.Close)
	return s, o
}

// counted returns what s has counted in its process.
func (s *Session) counted() (counted snapshot.Snapshot) {
	s.config.Stats.Fill(&counted)
	return counted
}

func TestAClosedSessionIsNotRejected(t *testing.T) {
	c := &conn{}
	s, o := newSession(t, c, nil)
	s.Close()
	s.Reject()
	s.Close()
	if *o != (owner{lost: 1, closed: 1}) {
		t.Errorf("the owner heard %+v", *o)
	}
	if got := s.counted(); got.Closes[snapshot.LocalClosed] != 1 || got.Sessions.Rejected != 0 {
		t.Errorf("closes %v, rejected %d", got.Closes, got.Sessions.Rejected)
	}
	if !slices.Equal(c.calls, []string{"Close"}) {
		t.Errorf("the connection was told %v", c.calls)
	}
}

func TestTheKernelIsAskedBeforeReset(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &conn{full: true, info: &snapshot.TCPInfo{RetransmittedSegments: 7}}
		s, _ := newSession(t, c, nil)
		s.Start()
		s.Received([]byte("m\n"))
		time.Sleep(10 * time.Second) // limits.writeTimeout
		synctest.Wait()
		if !slices.Contains(c.calls, "Abort") {
			t.Fatalf("the connection was told %v", c.calls)
		}
		nobody := func() []*snapshot.TCPInfo { return nil }
		if got := s.config.Stats.TCP.Summary(nobody).RetransmittedSegments; got != 7 {
			t.Errorf("%d segments sent again, want 7", got)
		}
	})
}

// A watched conn does something before it closes.
type watched struct {
	conn
	before func()
}

func (c *watched) Close() {
	c.before()
	c.conn.Close()
}

// While its connection can be asked, a session's last TCP_INFO is not in the
// sum of those that ended: it would count twice.
func TestAnEndingSessionIsSampledOrSummedUp(t *testing.T) {
	c := &watched{conn: conn{info: &snapshot.TCPInfo{RetransmittedSegments: 7}}}
	config := ServerConfig(spec.DefaultServer())
	config.Stats, config.Log = stats.New(), slog.New(slog.DiscardHandler)
	s := New(&config, &owner{}, c, 1)
	sum := func() int64 {
		sample := func() []*snapshot.TCPInfo { return []*snapshot.TCPInfo{s.TCPInfo()} }
		return config.Stats.TCP.Summary(sample).RetransmittedSegments
	}
	c.before = func() {
		if got := sum(); got != 7 {
			t.Errorf("%d segments while it ends, want 7", got)
		}
	}
	s.Close()
	if got := sum(); got != 7 {
		t.Errorf("%d segments afterwards, want 7", got)
	}
}
