package network

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"tcp-operator.io/workload/snapshot"
)

// A balance says what became of the messages of one direction.
type balance struct {
	sent, received int64
	lost           map[snapshot.Reason]int64 // by the reason with which their session ended
}

func (b *balance) lose(why end, n int64) {
	if n > 0 {
		b.lost[why.reason] += n
	}
}

func (b *balance) String() string {
	var text strings.Builder
	fmt.Fprintf(&text, "%d sent = %d received", b.sent, b.received)
	for _, reason := range slices.Sorted(maps.Keys(b.lost)) {
		fmt.Fprintf(&text, " + %d lost by %s", b.lost[reason], reason)
	}
	return text.String()
}

// balanced holds that every message of the senders' sessions came once and in
// order, or is accounted for by an end that one of the two sides has in ends,
// and that the records and the counters agree.
func (w *world) balanced(senders, receivers *record, ofSender, ofReceiver snapshot.Snapshot, ends []end) *balance {
	w.Helper()
	b := &balance{sent: ofSender.Messages.Sent, received: ofReceiver.Messages.Received, lost: map[snapshot.Reason]int64{}}
	came, logged := w.arrivals(receivers, ends), int64(0)
	for id, c := range senders.sessions {
		logged += c.sent
		other := came[id]
		if other == nil {
			other = &conversation{} // it never heard of this one
		}
		why := other.end
		if !slices.Contains(ends, why) {
			why = c.end
		}
		lost := c.sent - other.received
		if lost < -w.late() || lost > 0 && !slices.Contains(ends, why) {
			w.Errorf("%s sent %d messages, %d came; it ended by %v, the other side by %v", id, c.sent, other.received, c.end, other.end)
		}
		b.lose(why, lost)
	}
	if late := b.sent - logged; late < 0 || late > w.late()*int64(len(senders.sessions)) {
		w.Errorf("%d messages logged as sent, %d counted", logged, b.sent)
	}
	return b
}

// late is how many messages a session may send after its last line of the log:
// over TLS a goroutine writes, and what it has in hand when the session ends
// can still go out.
func (w *world) late() int64 {
	if w.keys.server != nil {
		return 1
	}
	return 0
}

// arrivals returns the receivers' sessions by that which they heard of. It
// holds that each answered what came, unless it ended so that it could not.
func (w *world) arrivals(receivers *record, ends []end) map[string]*conversation {
	w.Helper()
	came := map[string]*conversation{}
	for id, c := range receivers.sessions {
		if came[c.peer] != nil && c.peer != "" {
			w.Errorf("%s is not the only session that heard of %s", id, c.peer)
		}
		came[c.peer] = c
		owed := 1 + c.received - c.sent // its greeting, and a reply to each
		if owed < 0 || owed > 0 && (c.end == drained || !slices.Contains(ends, c.end)) || !c.closed {
			w.Errorf("%s received %d messages, sent %d, and ended by %v", id, c.received, c.sent, c.end)
		}
	}
	for _, wrong := range receivers.wrong {
		w.Error(wrong)
	}
	return came
}

// counted holds that the counters name every end that the record has, each
// once, and returns the ends.
func (w *world) counted(r *record, s snapshot.Snapshot) map[end]int {
	w.Helper()
	ends, reasons := map[end]int{}, map[snapshot.Reason]int64{}
	for _, c := range r.sessions {
		ends[c.end]++
		reasons[c.end.reason]++
	}
	closes := maps.Clone(s.Closes)
	maps.DeleteFunc(closes, func(_ snapshot.Reason, n int64) bool { return n == 0 })
	if !maps.Equal(closes, reasons) || s.Sessions.Opened != int64(len(r.sessions)) || s.Sessions.Open != 0 {
		w.Errorf("the log has %v; counted are %v, %+v", reasons, closes, s.Sessions)
	}
	return ends
}
