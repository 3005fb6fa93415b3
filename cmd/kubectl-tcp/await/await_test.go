package await

import (
	"encoding/json"
	"encoding/xml"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tcp-operator.io/topology"
)

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

// seen is a resource so many seconds after noon: ready, waiting or stalled. Its
// conditions changed at noon, or since, if it is ready again.
func seen(second int, state string) Seen {
	s := Seen{Time: noon.Add(time.Duration(second) * time.Second), UID: "1", Generation: 2, ObservedGeneration: 2}
	ready := metav1.Condition{Type: "Ready", Status: "False", Reason: "SomeReason", LastTransitionTime: metav1.NewTime(noon)}
	expectations := metav1.Condition{Type: "ExpectationsMet", Status: "True", LastTransitionTime: metav1.NewTime(noon)}
	switch state {
	case "ready again":
		ready.Status = "True"
		ready.LastTransitionTime = metav1.NewTime(noon.Add(time.Second))
	case "met again":
		ready.Status = "True"
		expectations.LastTransitionTime = metav1.NewTime(noon.Add(time.Second))
	case "deleted":
		ready.Status = "True"
		s.Deleted = true
	case "another":
		ready.Status = "True"
		s.UID = "2"
	case "changed":
		ready.Status = "True"
		s.Generation, s.ObservedGeneration = 3, 3
	case "ready":
		ready.Status = "True"
	case "stalled":
		s.Conditions = append(s.Conditions, metav1.Condition{Type: "Stalled", Status: "True"})
	case "outdated":
		s.ObservedGeneration = 1
		ready.Status = "True"
	case "new":
		s.ObservedGeneration = -1
		return s
	}
	s.Conditions = append(s.Conditions, ready, expectations)
	return s
}

func TestLook(t *testing.T) {
	type look struct {
		second int
		state  string
		want   Outcome
	}
	for name, c := range map[string]struct {
		goal   Goal
		during time.Duration
		looks  []look
	}{
		"ready at once":                 {Ready, 0, []look{{0, "ready", Met}}},
		"ready after a while":           {Ready, 0, []look{{0, "new", Pending}, {1, "waiting", Pending}, {2, "ready", Met}}},
		"not an older one":              {Ready, 0, []look{{0, "outdated", Pending}, {1, "ready", Met}}},
		"on its way out":                {Ready, 0, []look{{0, "waiting", Pending}, {1, "deleted", Failed}}},
		"stalled":                       {Ready, 0, []look{{0, "waiting", Pending}, {1, "stalled", Broken}}},
		"ready for a time":              {Ready, 10 * time.Second, []look{{0, "ready", Pending}, {9, "ready", Pending}, {10, "ready", Met}}},
		"ready is uninterrupted":        {Ready, 10 * time.Second, []look{{0, "ready", Pending}, {5, "waiting", Pending}, {6, "ready", Pending}, {10, "ready", Pending}, {16, "ready", Met}}},
		"a break nobody saw":            {Ready, 10 * time.Second, []look{{0, "ready", Pending}, {5, "ready again", Pending}, {14, "ready again", Pending}, {15, "ready again", Met}}},
		"another generation":            {Ready, 10 * time.Second, []look{{0, "ready", Pending}, {5, "outdated", Pending}, {6, "ready", Pending}, {15, "ready", Pending}, {16, "ready", Met}}},
		"a generation nobody saw":       {Verdict, 10 * time.Second, []look{{0, "ready", Pending}, {5, "changed", Pending}, {14, "changed", Pending}, {15, "changed", Met}}},
		"a verdict on this spec":        {Verdict, 10 * time.Second, []look{{0, "ready", Pending}, {5, "outdated", Pending}, {6, "ready", Pending}, {15, "ready", Pending}, {16, "ready", Met}}},
		"a successor":                   {Ready, 10 * time.Second, []look{{0, "ready", Pending}, {5, "another", Pending}, {14, "another", Pending}, {15, "another", Met}}},
		"a verdict is not of readiness": {Verdict, 10 * time.Second, []look{{0, "ready", Pending}, {5, "ready again", Pending}, {10, "ready again", Met}}},
		"a verdict with a break":        {Verdict, 10 * time.Second, []look{{0, "ready", Pending}, {5, "met again", Pending}, {14, "met again", Pending}, {15, "met again", Met}}},
		"a verdict forgives":            {Verdict, 10 * time.Second, []look{{0, "ready", Pending}, {5, "waiting", Pending}, {6, "ready", Pending}, {10, "ready", Met}}},
		"a verdict ends ready":          {Verdict, 10 * time.Second, []look{{0, "ready", Pending}, {12, "waiting", Pending}, {13, "ready", Met}}},
		"a broken verdict":              {Verdict, 10 * time.Second, []look{{0, "ready", Pending}, {5, "stalled", Broken}}},
	} {
		judge := Judge{Goal: c.goal, During: c.during}
		for _, l := range c.looks {
			if got, why := judge.Look(seen(l.second, l.state)); got != l.want || why == "" {
				t.Errorf("%s: %s at %ds: %s (%q), want %s", name, l.state, l.second, got, why, l.want)
			}
		}
	}
}

func TestReports(t *testing.T) {
	report := Report{Resource: topology.ClientKey("shop", "caller"), Goal: Verdict, Outcome: Broken, Message: `too many "outages" & more`,
		Start: noon, Took: 1500 * time.Millisecond}
	var text strings.Builder
	if err := report.JUnit(&text); err != nil {
		t.Fatal(err)
	}
	var back suite
	if err := xml.Unmarshal([]byte(text.String()), &back); err != nil {
		t.Fatalf("%v:\n%s", err, text.String())
	}
	if back.Tests != 1 || back.Failures != 1 || back.Time != "1.500" || back.Case.Failure.Message != report.Message || back.Case.Class != "TcpClient.shop" {
		t.Errorf("JUnit:\n%s", text.String())
	}
	for outcome, tag := range map[Outcome]string{TimedOut: "<failure", Failed: "<error", Interrupted: "<error"} {
		report.Outcome = outcome
		text.Reset()
		if err := report.JUnit(&text); err != nil || !strings.Contains(text.String(), tag) {
			t.Errorf("JUnit of %s: %v, want %s\n%s", outcome, err, tag, text.String())
		}
	}
	report.Outcome = Met
	text.Reset()
	if err := report.JUnit(&text); err != nil || strings.Contains(text.String(), "<failure") {
		t.Errorf("JUnit of a success: %v\n%s", err, text.String())
	}
	text.Reset()
	if err := report.JSON(&text); err != nil {
		t.Fatal(err)
	}
	var fields map[string]any
	if err := json.Unmarshal([]byte(text.String()), &fields); err != nil || fields["outcome"] != "Met" || fields["tookMilliseconds"] != 1500.0 {
		t.Errorf("JSON: %v\n%s", err, text.String())
	}
}
