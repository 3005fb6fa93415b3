package client

import (
	"cmp"
	"slices"
	"time"
	"unicode/utf8"

	"tcp-operator.io/workload/snapshot"
)

// messageBytes bounds the text of a failure.
const messageBytes = 256

// endOutageLocked ends s's outage, if there is one: its session is
// established again. It returns what there is to log.
func (c *Client) endOutageLocked(s *slot, now time.Time) *snapshot.Outage {
	if s.outage == nil {
		return nil
	}
	over := current(s, now)
	over.EndTime = &now
	s.outage = nil
	c.outages = slices.Insert(c.outages, 0, over)
	if len(c.outages) > snapshot.MaxOutages {
		c.outages = c.outages[:snapshot.MaxOutages]
	}
	return &over
}

func (c *Client) logOver(o *snapshot.Outage) {
	if o == nil {
		return
	}
	lasted := time.Duration(o.DurationMilliseconds) * time.Millisecond
	c.Config.Log.Info("Outage over", "session", o.Session, "lasted", lasted.String(), "reason", o.Reason, "attempts", o.Attempts)
}

// current returns s's outage with what has changed since it began.
func current(s *slot, now time.Time) snapshot.Outage {
	outage := *s.outage
	outage.DurationMilliseconds = now.Sub(outage.StartTime).Milliseconds()
	outage.Attempts = s.attempts
	return outage
}

// outagesLocked returns the newest outages, newest first. One that is over
// never takes the place of one that lasts.
func (c *Client) outagesLocked(now time.Time) []snapshot.Outage {
	all := slices.Clone(c.outages)
	for _, s := range c.slots {
		if s.outage != nil {
			all = append(all, current(s, now))
		}
	}
	newestFirst := func(a, b snapshot.Outage) int { return b.StartTime.Compare(a.StartTime) }
	slices.SortStableFunc(all, func(a, b snapshot.Outage) int { return cmp.Or(lastingFirst(a, b), newestFirst(a, b)) })
	all = all[:min(len(all), snapshot.MaxOutages)]
	slices.SortStableFunc(all, newestFirst)
	return all
}

func lastingFirst(a, b snapshot.Outage) int {
	switch {
	case a.EndTime == nil && b.EndTime != nil:
		return -1
	case a.EndTime != nil && b.EndTime == nil:
		return 1
	}
	return 0
}

// bounded cuts text to messageBytes, between two characters.
func bounded(text string) string {
	if len(text) <= messageBytes {
		return text
	}
	end := messageBytes
	for end > messageBytes-utf8.UTFMax && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end]
}
