package snapshot

import (
	"math"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// What strings may hold at most, in bytes. A host name has 253.
const (
	maxTokenBytes   = 64
	maxAddressBytes = 64 // an IPv6 address with zone and port
	maxTargetBytes  = 280
	maxMessageBytes = 1024 // 256 that were no UTF-8 became three times as many
)

// maxCounter is the largest number that every reader of JSON holds exactly. The
// sum over a thousand pods fits into an int64.
const maxCounter = 1 << 53

// maxOutage is the longest that a time.Duration holds.
const maxOutage = int64(math.MaxInt64 / time.Millisecond)

func sane(s Snapshot) bool {
	return countable(
		s.Sessions.Desired, s.Sessions.Open, s.Sessions.Opened, s.Sessions.Rejected, s.Sessions.Lost,
		s.Sessions.Reached, s.Sessions.Blocked, s.Sessions.AcceptErrors,
		s.Messages.Received, s.Messages.Sent, s.Messages.Exceptions, s.Bytes.Received, s.Bytes.Sent) &&
		saneTCP(s.TCP) && saneRoundTrip(s.RoundTrip) && saneFailure(s.LastFailure) &&
		len(s.Instance) <= maxTokenBytes && plain(s.Instance) && len(s.Verdict) <= maxTokenBytes && plain(s.Verdict) &&
		len(s.Target) <= maxTargetBytes && plain(s.Target) &&
		all(s.ListenAddresses, isAddress) && all(s.Outages, saneOutage)
}

func saneTCP(t *TCP) bool {
	return t == nil || countable(t.SampledSessions, t.RetransmittedSegments, t.UnacknowledgedSegments, t.MaxRoundTripMicroseconds)
}

func saneRoundTrip(r *RoundTrip) bool {
	return r == nil || countable(r.Count, r.P50Microseconds, r.P99Microseconds)
}

func saneFailure(f *Failure) bool {
	return f == nil || knownReason(f.Reason) && knownPhase(f.Phase) && len(f.Message) <= maxMessageBytes
}

func saneOutage(o Outage) bool {
	return knownReason(o.Reason) && knownPhase(o.Phase) &&
		slices.Contains([]Side{"", Local, Peer, Network}, o.ClosedBy) &&
		isAddress(o.LocalAddress) && isAddress(o.RemoteAddress) &&
		o.DurationMilliseconds >= 0 && o.DurationMilliseconds <= maxOutage && o.SessionAgeSeconds >= 0 && o.Attempts >= 0 &&
		storable(o.StartTime) && (o.EndTime == nil || storable(*o.EndTime) && !o.EndTime.Before(o.StartTime))
}

func saneList(l SessionList) bool {
	return l.Total >= len(l.Sessions) && l.Total <= maxCounter &&
		len(l.Instance) <= maxTokenBytes && plain(l.Instance) && all(l.Sessions, saneSession)
}

func saneSession(s SessionInfo) bool {
	return len(s.ID) <= maxTokenBytes && plain(s.ID) && s.Number <= maxCounter && slices.Contains(States(), s.State) &&
		isAddress(s.LocalAddress) && isAddress(s.RemoteAddress) &&
		countable(s.AgeMilliseconds, s.Messages.Received, s.Messages.Sent, s.Messages.Exceptions,
			s.Bytes.Received, s.Bytes.Sent, int64(s.PendingReplies), int64(s.UnfinishedMessageBytes)) &&
		saneInfo(s.TCP)
}

func saneInfo(t *TCPInfo) bool {
	return t == nil || len(t.State) <= maxTokenBytes && plain(t.State) &&
		countable(t.RoundTripMicroseconds, t.RoundTripVarMicroseconds, t.RetransmittedSegments,
			t.UnacknowledgedSegments, t.CongestionWindowSegments)
}

func all[T any](list []T, sane func(T) bool) bool {
	return !slices.ContainsFunc(list, func(one T) bool { return !sane(one) })
}

// countable tells whether counters are within what a process can have counted.
func countable(counters ...int64) bool {
	return slices.Min(counters) >= 0 && slices.Max(counters) <= maxCounter
}

// plain tells whether a string has nothing but visible ASCII: it is shown in
// terminals and pages, where anything else could pass for something that it is
// not.
func plain(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' })
}

// isAddress tells whether text is an IP address with a port, or empty, which
// stands for one that is not known. A zone may hold anything, says net/netip.
func isAddress(text string) bool {
	if text == "" {
		return true
	}
	_, err := netip.ParseAddrPort(text)
	return err == nil && len(text) <= maxAddressBytes && plain(text)
}

// storable tells whether the API server takes t: a year of four digits, which
// another time zone can put out of reach.
func storable(t time.Time) bool {
	year := t.UTC().Year()
	return year >= 1970 && year <= 9999
}

func knownReason(r Reason) bool {
	return slices.Contains(CloseReasons(), r) || slices.Contains(FailureReasons(), r)
}

func knownPhase(p Phase) bool {
	return slices.Contains(Phases(), p)
}
