package snapshot

import (
	"encoding/json"
	"errors"
	"fmt"
)

// maxAddresses is how many addresses a server listens at, at most; a process
// has one or two.
const maxAddresses = 16

// Parse reads a snapshot that a process of the role is to have written, and
// refuses what makes no sense: a pod may run anything. What it costs is bounded
// by MaxBytes, whatever the body holds. The text of its errors does not change
// while the cause does not.
func Parse(body []byte, role Role) (Snapshot, error) {
	if len(body) > MaxBytes {
		return Snapshot{}, fmt.Errorf("answered with more than %d bytes", MaxBytes)
	}
	answer := struct {
		Snapshot
		Closes          counts       `json:"closes"`
		Failures        counts       `json:"failures"`
		ListenAddresses list[string] `json:"listenAddresses"`
		Outages         list[Outage] `json:"outages"`
	}{ListenAddresses: list[string]{most: maxAddresses}, Outages: list[Outage]{most: MaxOutages}}
	err := json.Unmarshal(body, &answer)
	if err != nil && !errors.Is(err, errTooMany) {
		return Snapshot{}, errors.New("answered with something that is no snapshot")
	}
	s := answer.Snapshot
	if err == nil && s.Version != Version {
		return Snapshot{}, fmt.Errorf("answered with snapshot version %d, want %d", s.Version, Version)
	}
	s.Closes, s.Failures = answer.Closes, answer.Failures
	s.ListenAddresses, s.Outages = answer.ListenAddresses.items, answer.Outages.items
	if err != nil || s.Role != role || !sane(s) {
		return Snapshot{}, errors.New("answered with a snapshot that makes no sense")
	}
	return s, nil
}

// ParseSessions reads a list of as many sessions as one answer may hold.
func ParseSessions(body []byte) (SessionList, error) {
	return ParseSessionsUpTo(body, MaxListed)
}

// ParseSessionsUpTo reads a list of at most most sessions, which is what the
// pod was asked for, as Parse does a snapshot: no more than these are decoded.
func ParseSessionsUpTo(body []byte, most int) (SessionList, error) {
	if bytes := MaxBytesOf(most); int64(len(body)) > bytes {
		return SessionList{}, fmt.Errorf("answered with more than %d bytes", bytes)
	}
	answer := struct {
		SessionList
		Sessions list[SessionInfo] `json:"sessions"`
	}{Sessions: list[SessionInfo]{most: most}}
	err := json.Unmarshal(body, &answer)
	if err != nil && !errors.Is(err, errTooMany) {
		return SessionList{}, errors.New("answered with something that is no list of sessions")
	}
	answer.SessionList.Sessions = answer.Sessions.items
	if err == nil && answer.Version != Version {
		return SessionList{}, fmt.Errorf("answered with version %d of the list of sessions, want %d", answer.Version, Version)
	}
	if err != nil || !saneList(answer.SessionList) {
		return SessionList{}, errors.New("answered with a list of sessions that makes no sense")
	}
	return answer.SessionList, nil
}
