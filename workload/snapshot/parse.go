package snapshot

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"
)

// Parse reads a snapshot that a process of the role is to have written, and
// refuses what makes no sense: a pod may run anything. The text of its errors
// does not change while the cause does not.
func Parse(body []byte, role Role) (Snapshot, error) {
	if len(body) > MaxBytes {
		return Snapshot{}, fmt.Errorf("answered with more than %d bytes", MaxBytes)
	}
	var s Snapshot
	if err := json.Unmarshal(body, &s); err != nil {
		return Snapshot{}, errors.New("answered with something that is no snapshot")
	}
	if s.Version != Version {
		return Snapshot{}, fmt.Errorf("answered with snapshot version %d, want %d", s.Version, Version)
	}
	if s.Role != role || !sane(s) {
		return Snapshot{}, errors.New("answered with a snapshot that makes no sense")
	}
	return s, nil
}

// ParseSessions reads a list of sessions as Parse does a snapshot.
func ParseSessions(body []byte) (SessionList, error) {
	if len(body) > MaxListBytes {
		return SessionList{}, fmt.Errorf("answered with more than %d bytes", MaxListBytes)
	}
	var list SessionList
	if err := json.Unmarshal(body, &list); err != nil {
		return SessionList{}, errors.New("answered with something that is no list of sessions")
	}
	if list.Version != Version {
		return SessionList{}, fmt.Errorf("answered with version %d of the list of sessions, want %d", list.Version, Version)
	}
	if list.Total < len(list.Sessions) || len(list.Sessions) > MaxListed {
		return SessionList{}, errors.New("answered with a list of sessions that makes no sense")
	}
	return list, nil
}

func sane(s Snapshot) bool {
	counters := []int64{
		s.Sessions.Desired, s.Sessions.Open, s.Sessions.Opened, s.Sessions.Rejected, s.Sessions.Lost,
		s.Sessions.Reached, s.Sessions.Blocked,
		s.Messages.Received, s.Messages.Sent, s.Messages.Exceptions,
	}
	if slices.Min(counters) < 0 || slices.Max(counters) > maxCounter || len(s.Outages) > MaxOutages {
		return false
	}
	if f := s.LastFailure; f != nil && (!knownReason(f.Reason) || !knownPhase(f.Phase)) {
		return false
	}
	return !slices.ContainsFunc(s.Outages, func(o Outage) bool { return !saneOutage(o) })
}

// maxCounter is the largest number that every reader of JSON holds exactly. The
// sum over a thousand pods fits into an int64.
const maxCounter = 1 << 53

// maxOutage is the longest that a time.Duration holds.
const maxOutage = int64(math.MaxInt64 / time.Millisecond)

// maxAddressBytes holds an IPv6 address with zone and port.
const maxAddressBytes = 64

func saneOutage(o Outage) bool {
	return knownReason(o.Reason) && knownPhase(o.Phase) &&
		slices.Contains([]Side{"", Local, Peer, Network}, o.ClosedBy) &&
		len(o.LocalAddress) <= maxAddressBytes && len(o.RemoteAddress) <= maxAddressBytes &&
		o.DurationMilliseconds >= 0 && o.DurationMilliseconds <= maxOutage && o.SessionAgeSeconds >= 0 && o.Attempts >= 0 &&
		storable(o.StartTime) && (o.EndTime == nil || storable(*o.EndTime) && !o.EndTime.Before(o.StartTime))
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
