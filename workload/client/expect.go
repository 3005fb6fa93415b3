package client

import (
	"net/netip"
	"time"

	"tcp-operator.io/workload/snapshot"
	"tcp-operator.io/workload/spec"
	"tcp-operator.io/workload/verdict"
)

// A probe is what the last attempt of a slot showed of a path that should be
// blocked.
type probe int

const (
	unknown probe = iota // no attempt has ended, or it failed before connecting
	blocked
	reached
)

// probeOf is what a failed attempt shows. A name that does not resolve, or a
// local address that cannot be used, shows nothing of the path.
func probeOf(phase snapshot.Phase, reason snapshot.Reason) probe {
	if phase == snapshot.PhaseHandshake {
		return reached // someone is there to shake hands with
	}
	if phase == snapshot.PhaseConnect && reason != snapshot.BindFailed {
		return blocked
	}
	return unknown
}

func (c *Client) expectsBlocked() bool { return c.Expect.Connect == spec.Blocked }

// unexpectedLocked notes a session that should not have been possible, and
// plans the next attempt. The caller closes the connection.
func (s *slot) unexpectedLocked(peer netip.AddrPort) {
	s.probe = reached
	s.failures = 0
	delay := s.planLocked()
	s.client.Config.Log.Warn("Connected although the path should be blocked", "peer", peer.String(), "retryIn", delay.String())
}

// judgeLocked adds the verdict to a snapshot, and whether the client is ready.
func (c *Client) judgeLocked(to *snapshot.Snapshot, now time.Time) {
	var v verdict.Verdict
	held := c.established == c.Sessions
	if c.expectsBlocked() {
		for _, s := range c.slots {
			switch s.probe {
			case reached:
				to.Sessions.Reached++
			case blocked:
				to.Sessions.Blocked++
			}
		}
		v = verdict.OnBlocked(to.Sessions.Desired, to.Sessions.Reached, to.Sessions.Blocked)
		held = true
	} else {
		v = verdict.OnOutages(c.Expect, spans(to.Outages), now)
	}
	to.Verdict = string(v.Reason)
	to.Ready = held && v.Met() && !c.draining
}

func spans(outages []snapshot.Outage) []verdict.Span {
	all := make([]verdict.Span, len(outages))
	for i, o := range outages {
		all[i].Start = o.StartTime
		if o.EndTime != nil {
			all[i].End = *o.EndTime
		}
	}
	return all
}
