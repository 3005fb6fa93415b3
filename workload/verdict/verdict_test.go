package verdict_test

import (
	"testing"
	"time"

	"tcp-operator.io/workload/spec"
	"tcp-operator.io/workload/verdict"
)

var now = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// ago is an outage that began and ended so long ago; an end of -1 lasts.
func ago(start, end time.Duration) verdict.Span {
	if end < 0 {
		return verdict.Span{Start: now.Add(-start)}
	}
	return verdict.Span{Start: now.Add(-start), End: now.Add(-end)}
}

func TestOnOutages(t *testing.T) {
	const s, m, h = time.Second, time.Minute, time.Hour
	expect := func(maxOutages int32, recoverWithin time.Duration) spec.Expect {
		return spec.Expect{MaxOutages: maxOutages, RecoverWithin: spec.Duration(recoverWithin), Window: spec.Duration(h)}
	}
	for name, c := range map[string]struct {
		expect  spec.Expect
		outages []verdict.Span
		want    verdict.Reason
		until   time.Duration // from now; 0: never
	}{
		"nothing is judged":                        {expect(-1, 0), []verdict.Span{ago(9*m, m), ago(20*m, 10*m)}, verdict.Met, 0},
		"no outage":                                {expect(0, 10*s), nil, verdict.Met, 0},
		"one outage and none forgiven":             {expect(0, 0), []verdict.Span{ago(9*m, 8*m)}, verdict.TooManyOutages, 51 * m},
		"one outage and one forgiven":              {expect(1, 0), []verdict.Span{ago(9*m, 8*m)}, verdict.Met, 51 * m},
		"two outages and one forgiven":             {expect(1, 0), []verdict.Span{ago(9*m, 8*m), ago(50*m, 49*m)}, verdict.TooManyOutages, 10 * m},
		"an outage before the window":              {expect(0, 0), []verdict.Span{ago(2*h, 90*m)}, verdict.Met, 0},
		"an outage that leaves the window now":     {expect(0, 0), []verdict.Span{ago(h, 59*m)}, verdict.Met, 0},
		"one that lasts longer than the window":    {expect(0, 0), []verdict.Span{ago(2*h, -1)}, verdict.TooManyOutages, 0},
		"a short outage":                           {expect(-1, 10*s), []verdict.Span{ago(9*m, 9*m-10*s)}, verdict.Met, 0},
		"a long outage":                            {expect(-1, 10*s), []verdict.Span{ago(9*m, 8*m)}, verdict.OutageTooLong, 52 * m},
		"a long outage that ended long ago":        {expect(-1, 10*s), []verdict.Span{ago(3*h, 2*h)}, verdict.Met, 0},
		"an outage that lasts and may yet be long": {expect(-1, 10*s), []verdict.Span{ago(4*s, -1)}, verdict.Met, 6 * s},
		"an outage that lasts too long":            {expect(-1, 10*s), []verdict.Span{ago(11*s, -1)}, verdict.OutageTooLong, 0},
	} {
		t.Run(name, func(t *testing.T) {
			got := verdict.OnOutages(c.expect, c.outages, now)
			var until time.Duration
			if !got.Until.IsZero() {
				until = got.Until.Sub(now)
			}
			if got.Reason != c.want || until != c.until {
				t.Errorf("got %s until %s, want %s until %s", got.Reason, until, c.want, c.until)
			}
		})
	}
}

func TestOnBlocked(t *testing.T) {
	for name, c := range map[string]struct {
		desired, reached, blocked int64
		want                      verdict.Reason
	}{
		"no attempt has ended yet":  {2, 0, 0, verdict.NotProven},
		"some attempts have failed": {2, 0, 1, verdict.NotProven},
		"all attempts have failed":  {2, 0, 2, verdict.Met},
		"one attempt succeeded":     {2, 1, 1, verdict.UnexpectedSession},
	} {
		t.Run(name, func(t *testing.T) {
			if got := verdict.OnBlocked(c.desired, c.reached, c.blocked).Reason; got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}
