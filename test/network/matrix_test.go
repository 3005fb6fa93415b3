package network

import (
	"maps"
	"slices"
	"testing"
	"time"

	"tcp-operator.io/test/proxy"
	"tcp-operator.io/workload/snapshot"
	"tcp-operator.io/workload/spec"
)

// A plan is a fault, and what both sides should say of it.
type plan struct {
	name   string
	change func(*settings)
	fault  proxy.Fault
	// begin does what a fault of the proxy's cannot, and returns what ends it.
	begin func(*world) (over func())
	// felt tells whether the fault has had its effect.
	felt func(w *world) func() bool
	// client and server are how sessions end; nil: no session ends.
	client, server []end
	// failures are those of attempts meanwhile.
	failures []snapshot.Reason
}

var (
	peerClosed  = end{snapshot.PeerClosed, snapshot.Peer}
	peerReset   = end{snapshot.PeerReset, snapshot.Peer}
	idle        = end{snapshot.IdleTimeout, snapshot.Local}
	unreachable = end{snapshot.KeepAliveTimeout, snapshot.Network}
	drained     = end{snapshot.Drained, snapshot.Local}
)

// talked: so many messages have come through the fault.
func talked(n int64) func(*world) func() bool {
	return func(w *world) func() bool {
		_, before := w.snapshots()
		return func() bool {
			_, now := w.snapshots()
			return now.Messages.Received >= before.Messages.Received+n
		}
	}
}

// lasted: the fault has lasted so long.
func lasted(d time.Duration) func(*world) func() bool {
	return func(*world) func() bool {
		start := time.Now()
		return func() bool { return time.Since(start) >= d }
	}
}

// lost: all sessions have ended, as the records of some sides have it.
func lost(sides ...func(*world) *record) func(*world) func() bool {
	return func(w *world) func() bool {
		return func() bool {
			return !slices.ContainsFunc(sides, func(side func(*world) *record) bool { return side(w).lost() < sessions })
		}
	}
}

func clientSide(w *world) *record { return w.said }
func serverSide(w *world) *record { return w.answered }

// idling gives one side an idle timeout, long enough for a busy machine.
func idling(limits func(*settings) *spec.Limits) func(*settings) {
	return func(s *settings) { limits(s).IdleTimeout = spec.Duration(2 * time.Second) }
}

func clientLimits(s *settings) *spec.Limits { return &s.client.Limits }
func serverLimits(s *settings) *spec.Limits { return &s.server.Limits.Limits }

// watchful makes both sides notice within two seconds that their peer is gone,
// and the one that hears nothing, but can still be heard, within three.
func watchful(limits ...func(*settings) *spec.Limits) func(*settings) {
	return func(s *settings) {
		second := spec.Duration(time.Second)
		for _, tcp := range []*spec.TCP{&s.server.TCP, &s.client.TCP} {
			tcp.UserTimeout = second
			tcp.KeepAlive = spec.KeepAlive{Mode: spec.Enabled, Idle: second, Interval: second, Count: 1}
		}
		for _, of := range limits {
			of(s).IdleTimeout = 3 * second
		}
		s.client.Connect.Timeout = 2 * second
	}
}

// halfOpen lets one side vanish for the other. An attempt to connect may give
// up in the moment in which the path is there again: to the server, a peer
// that leaves at once.
func halfOpen(d proxy.Direction) plan {
	p := plan{name: "half-open", fault: proxy.Fault{Vanish: true}, felt: lost(clientSide, serverSide),
		failures: []snapshot.Reason{snapshot.ConnectTimeout}}
	if d == proxy.Upstream {
		p.change, p.client, p.server = watchful(serverLimits), []end{unreachable}, []end{idle, peerClosed, peerReset}
	} else {
		p.change, p.client, p.server = watchful(clientLimits), []end{idle}, []end{unreachable, peerClosed, peerReset}
	}
	return p
}

// plans are those for one direction.
func plans(d proxy.Direction) []plan {
	return []plan{
		{name: "latency", fault: proxy.Fault{Latency: 20 * time.Millisecond, Jitter: 10 * time.Millisecond}, felt: talked(30)},
		{name: "bandwidth", fault: proxy.Fault{BytesPerSecond: 500}, felt: talked(30)},
		{name: "slices", fault: proxy.Fault{SliceBytes: 1, SliceGap: time.Millisecond}, felt: talked(30)},
		{name: "stall", fault: proxy.Fault{Stall: true}, felt: lasted(300 * time.Millisecond)},
		{name: "stall, client gives up", change: idling(clientLimits), fault: proxy.Fault{Stall: true},
			felt: lost(clientSide), client: []end{idle}, server: []end{peerClosed}},
		{name: "stall, server gives up", change: idling(serverLimits), fault: proxy.Fault{Stall: true},
			felt: lost(serverSide), client: []end{peerClosed}, server: []end{idle}},
		{name: "reset", fault: proxy.Fault{Reset: true}, felt: lost(clientSide, serverSide), client: []end{peerReset}, server: []end{peerReset}},
		halfOpen(d),
		{name: "cut after 100 bytes", fault: proxy.Fault{CutAfter: 100}, felt: lost(clientSide, serverSide),
			client: []end{peerClosed}, server: []end{peerClosed}},
		{name: "slow close", fault: proxy.Fault{SlowClose: 300 * time.Millisecond}, begin: restart, felt: lost(clientSide, serverSide),
			client: []end{peerClosed}, server: []end{drained}},
	}
}

// restart replaces the server by another one at once.
func restart(w *world) (over func()) {
	ended := w.stopServer()
	w.startServer()
	return ended
}

// pathPlans are those that know no direction.
var pathPlans = []plan{
	{name: "half-open, both ways", change: watchful(), felt: lost(clientSide, serverSide), begin: func(w *world) func() {
		w.damage(proxy.Fault{Vanish: true}, proxy.Directions()...)
		return func() { w.damage(proxy.Fault{}, proxy.Directions()...) }
	}, client: []end{unreachable}, server: []end{unreachable, peerClosed, peerReset}, failures: []snapshot.Reason{snapshot.ConnectTimeout}},
	{name: "refused", felt: refused, begin: func(w *world) func() {
		w.proxy.Refuse()
		return func() {
			if err := w.proxy.Accept(); err != nil {
				w.Error(err)
			}
		}
	}, client: []end{peerReset}, server: []end{peerReset}, failures: []snapshot.Reason{snapshot.Refused}},
	{name: "nothing behind the path", felt: opened(2 * sessions), begin: func(w *world) func() {
		ended := w.stopServer()
		return func() { ended(); w.startServer() }
	}, client: []end{peerClosed, peerReset}, server: []end{drained}, failures: []snapshot.Reason{snapshot.Refused}},
}

// refused: every session has tried in vain.
func refused(w *world) func() bool {
	return func() bool {
		ofClient, _ := w.snapshots()
		return ofClient.Failures[snapshot.Refused] >= sessions
	}
}

// opened: the client has had so many sessions.
func opened(n int64) func(*world) func() bool {
	return func(w *world) func() bool {
		return func() bool {
			ofClient, _ := w.snapshots()
			return ofClient.Sessions.Opened >= n
		}
	}
}

func TestFaults(t *testing.T) { // C13
	for _, d := range proxy.Directions() {
		for _, p := range plans(d) {
			t.Run(p.name+"/"+d.String(), func(t *testing.T) {
				t.Parallel()
				p.run(t, false, d)
			})
		}
	}
	for _, p := range pathPlans {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			p.run(t, false)
		})
	}
}

// TestFaultsUnderTLS takes those that TLS could make different.
func TestFaultsUnderTLS(t *testing.T) {
	for _, d := range proxy.Directions() {
		for _, p := range plans(d) {
			if p.name == "latency" || p.name == "bandwidth" || p.name == "slow close" {
				continue
			}
			switch { // the next handshake meets it too
			case p.fault.Reset, p.fault.CutAfter > 0:
				p.failures = append(p.failures, snapshot.HandshakeFailed)
			case p.fault.Vanish:
				p.failures = append(p.failures, snapshot.HandshakeTimeout)
			}
			t.Run(p.name+"/"+d.String(), func(t *testing.T) {
				t.Parallel()
				p.run(t, true, d)
			})
		}
	}
}

// run brings a fault over sessions that converse, ends it, and holds both
// sides to the plan.
func (p *plan) run(t *testing.T, secure bool, directions ...proxy.Direction) {
	w := newWorld(t, secure, newSettings(p.change))
	w.damage(p.fault, directions...)
	felt, over := p.felt(w), func() {}
	if p.begin != nil {
		over = p.begin(w)
	}
	w.until("the fault is felt", felt)
	before := w.received()
	w.damage(proxy.Fault{}, directions...)
	over()
	w.converse("after it", before)
	w.shutDown()
	p.judge(w)
}

// judge compares what both sides say at the end with the plan.
func (p *plan) judge(w *world) {
	ofClient, ofServer := w.snapshots()
	ends := slices.Concat(p.client, p.server)
	up := w.balanced(w.said, w.answered, ofClient, ofServer, ends)
	// The client hangs up at last, with replies still under way.
	down := w.balanced(w.answered, w.said, ofServer, ofClient, append(ends, drained))
	p.wantEnds("client", w, w.counted(w.said, ofClient), p.client, drained)
	p.wantEnds("server", w, w.counted(w.answered, ofServer), p.server, peerClosed)
	p.wantOutages(w, ofClient)
	if len(p.client) == 0 && ofClient.Bytes.Sent != ofServer.Bytes.Received {
		w.Errorf("client: %+v, server: %+v", ofClient.Bytes, ofServer.Bytes)
	}
	w.Logf("C13: %d sessions; upstream %s; downstream %s", ofClient.Sessions.Opened, up, down)
}

// wantEnds wants all sessions that the fault met to have ended as planned, and
// those after it by the shutdown.
func (p *plan) wantEnds(side string, w *world, got map[end]int, planned []end, last end) {
	w.Helper()
	want := slices.Clone(planned)
	if !slices.Contains(want, last) {
		if got[last] != sessions {
			w.Errorf("%s: %d sessions ended by %v at last, want %d", side, got[last], last, sessions)
		}
		want = append(want, last)
	}
	for one := range maps.Keys(got) {
		if !slices.Contains(want, one) {
			w.Errorf("%s: %d sessions ended by %v, want one of %v", side, got[one], one, want)
		}
	}
	if total := count(got); len(planned) == 0 && total != sessions || len(planned) > 0 && total < 2*sessions {
		w.Errorf("%s: %d sessions ended: %v", side, total, got)
	}
}

func count(ends map[end]int) (n int) {
	for _, of := range ends {
		n += of
	}
	return n
}

// wantOutages wants every outage to be over, and to have begun as planned.
func (p *plan) wantOutages(w *world, s snapshot.Snapshot) {
	w.Helper()
	if s.Sessions.Lost > 0 && len(s.Outages) == 0 || len(p.client) == 0 && s.Sessions.Lost > 0 {
		w.Errorf("%d sessions lost, outages: %+v", s.Sessions.Lost, s.Outages)
	}
	for _, o := range s.Outages {
		if o.EndTime == nil || o.Phase != snapshot.PhaseSession || !slices.Contains(p.client, end{o.Reason, o.ClosedBy}) {
			w.Errorf("outage: %+v", o)
		}
	}
	for reason, n := range s.Failures {
		if n > 0 && !slices.Contains(p.failures, reason) {
			w.Errorf("%d attempts failed by %s, want %v", n, reason, p.failures)
		}
	}
	if s.LastFailure != nil {
		w.Errorf("still there: %+v", s.LastFailure)
	}
}
