package snapshot

import (
	"encoding/json"
	"fmt"
	"math"
	"net/netip"
	"runtime"
	"strings"
	"testing"
	"time"
)

// session is what a workload lists, with the longest texts and numbers that it
// can have.
func session(change ...func(*SessionInfo)) SessionInfo {
	const most = maxCounter
	long := time.Date(2026, 12, 31, 23, 59, 59, 999_999_999, time.FixedZone("", -11*3600))
	s := SessionInfo{
		ID: fmt.Sprint("ffffffff-", uint64(most)), Number: most, State: HalfClosed,
		LocalAddress: "[fe80:1111:2222:3333:4444:5555:6666:7777%eth0.1234567890]:65535", RemoteAddress: "[fe80:1111:2222:3333:4444:5555:6666:8888%eth0.1234567890]:65535",
		StartTime: long, AgeMilliseconds: most, LastActivityTime: long,
		Messages: Messages{most, most, most}, Bytes: Bytes{most, most}, PendingReplies: most, UnfinishedMessageBytes: most,
		TCP: &TCPInfo{"NEW-SYN-RECV", most, most, most, most, most},
	}
	for _, c := range change {
		c(&s)
	}
	return s
}

func listOf(sessions ...SessionInfo) SessionList {
	return SessionList{Version: Version, Instance: "ffffffff", Total: len(sessions), Sessions: sessions}
}

func encode(t testing.TB, v any) []byte {
	t.Helper()
	text, err := json.MarshalIndent(v, "", "  ") // as the admin port does
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestTheLongestListPasses(t *testing.T) {
	for _, n := range []int{1, 50, MaxListed} {
		sessions := make([]SessionInfo, n)
		for i := range sessions {
			sessions[i] = session()
		}
		list := listOf(sessions...)
		list.Total, list.Next = maxCounter, math.MaxUint64
		got, err := ParseSessionsUpTo(encode(t, list), n)
		if err != nil || len(got.Sessions) != n || got.Total != list.Total || got.Next != list.Next || *got.Sessions[n-1].TCP != *session().TCP {
			t.Errorf("%d sessions: %d came back: %v", n, len(got.Sessions), err)
		}
	}
}

func TestParseSessionsRefusesNonsense(t *testing.T) {
	const noList, noSense = "answered with something that is no list of sessions", "answered with a list of sessions that makes no sense"
	with := func(change func(*SessionInfo)) []byte { return encode(t, listOf(session(change))) }
	fewer := listOf(session(), session())
	fewer.Total = 1
	for name, c := range map[string]struct {
		body []byte
		want string
	}{
		"nothing":                   {nil, noList},
		"a newer version":           {[]byte(`{"version": 2}`), "answered with version 2 of the list of sessions, want 1"},
		"a number below none":       {[]byte(`{"version": 1, "sessions": [{"number": -1}]}`), noList},
		"sessions that are a text":  {[]byte(`{"version": 1, "sessions": "none"}`), noList},
		"three where two are asked": {encode(t, listOf(session(), session(), session())), noSense},
		"fewer than are listed":     {encode(t, fewer), noSense},
		"more in a second list":     {[]byte(`{"version": 1, "sessions": [], "Sessions": [null, null, null]}`), noSense},
		"a byte too many":           {make([]byte, MaxBytesOf(2)+1), "answered with more than 6144 bytes"},
		"no state":                  {with(func(s *SessionInfo) { s.State = "" }), noSense},
		"an unknown state":          {with(func(s *SessionInfo) { s.State = "Asleep" }), noSense},
		"a name for an address":     {with(func(s *SessionInfo) { s.RemoteAddress = "example.com:80" }), noSense},
		"an address that paints":    {with(func(s *SessionInfo) { s.LocalAddress = "[fe80::1%\x1b[31m]:80" }), noSense},
		"an address of two lines":   {with(func(s *SessionInfo) { s.LocalAddress = "[fe80::1%\n10.0.0.1:80]:80" }), noSense},
		"a long address":            {with(func(s *SessionInfo) { s.LocalAddress = "[fe80::1%" + strings.Repeat("x", 60) + "]:80" }), noSense},
		"an id that paints":         {with(func(s *SessionInfo) { s.ID = "\x1b[2J" }), noSense},
		"an id turned round":        {with(func(s *SessionInfo) { s.ID = "\u202e1-a" }), noSense},
		"a long id":                 {with(func(s *SessionInfo) { s.ID = strings.Repeat("x", 65) }), noSense},
		"a kernel's state of two":   {with(func(s *SessionInfo) { s.TCP.State = "ESTAB CLOSED" }), noSense},
		"a negative age":            {with(func(s *SessionInfo) { s.AgeMilliseconds = -1 }), noSense},
		"negative replies":          {with(func(s *SessionInfo) { s.PendingReplies = -1 }), noSense},
		"messages beyond all sums":  {with(func(s *SessionInfo) { s.Messages.Sent = maxCounter + 1 }), noSense},
		"a negative round trip":     {with(func(s *SessionInfo) { s.TCP.RoundTripMicroseconds = -1 }), noSense},
	} {
		if _, err := ParseSessionsUpTo(c.body, 2); fmt.Sprint(err) != c.want {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
}

// TestEmptyElementsCostNoMemory: three bytes of a body are hundreds in memory
// once they are decoded.
func TestEmptyElementsCostNoMemory(t *testing.T) {
	// full is a body of so many bytes that an array of empty objects fills.
	full := func(most int, begin string) []byte {
		return []byte(begin + strings.Repeat("{},", (most-len(begin))/3-2) + "{}]}")
	}
	list, outages := full(int(MaxBytesOf(MaxListed)), `{"version": 1, "sessions": [`), full(MaxBytes, `{"version": 1, "role": "Client", "outages": [`)
	for name, c := range map[string]struct {
		parse func() error
		most  uint64 // a few times the body
	}{
		"a list of sessions": {func() error { _, err := ParseSessions(list); return err }, 1 << 20},
		"a snapshot":         {func() error { _, err := Parse(outages, Client); return err }, 64 << 10},
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		err := c.parse()
		runtime.ReadMemStats(&after)
		if cost := after.TotalAlloc - before.TotalAlloc; cost > c.most || err == nil || !strings.HasSuffix(err.Error(), "makes no sense") {
			t.Errorf("%s: refusing it costs %d bytes, at most %d were expected: %v", name, cost, c.most, err)
		}
	}
}

// FuzzParseSessions holds that whatever passes can be shown to people as it is.
func FuzzParseSessions(f *testing.F) {
	f.Add(encode(f, listOf(session(), session())))
	f.Add(encode(f, listOf(session(func(s *SessionInfo) { s.TCP, s.LocalAddress = nil, "" }))))
	f.Add([]byte(`{"version": 1, "sessions": [{},{},{}]}`))
	f.Add([]byte(`{"version": 1, "total": 1, "sessions": [{"state": "Open", "remoteAddress": "[fe80::1%\u001b]:80"}]}`))
	f.Add([]byte(`{"version": 1, "sessions": null, "SESSIONS": []}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		const most = 3
		list, err := ParseSessionsUpTo(body, most)
		if err != nil {
			if len(err.Error()) > 100 {
				t.Errorf("the error is long: %v", err)
			}
			return
		}
		if len(list.Sessions) > most || list.Total < len(list.Sessions) {
			t.Errorf("%d of %d sessions passed", len(list.Sessions), list.Total)
		}
		for _, s := range list.Sessions {
			checkShowable(t, s)
		}
		if again, err := ParseSessionsUpTo(encode(t, list), most); err != nil || len(again.Sessions) != len(list.Sessions) {
			t.Errorf("written and read again: %v", err)
		}
	})
}

func checkShowable(t *testing.T, s SessionInfo) {
	t.Helper()
	for _, address := range []string{s.LocalAddress, s.RemoteAddress} {
		if _, err := netip.ParseAddrPort(address); err != nil && address != "" {
			t.Errorf("the address is %q", address)
		}
	}
	text := s.ID + string(s.State) + s.LocalAddress + s.RemoteAddress
	if s.TCP != nil {
		text += s.TCP.State
	}
	for _, r := range text {
		if r < '!' || r > '~' {
			t.Errorf("%q passed", text)
		}
	}
}
