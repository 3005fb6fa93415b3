package monitoring

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// TestAlertsFireForWhatTheyAreAbout plays an hour or less, minute by minute,
// and holds which alerts fire in it. A series has one value a minute, in the
// notation of Prometheus's own rule tests.
func TestAlertsFireForWhatTheyAreAbout(t *testing.T) {
	const workload = `{namespace="shop",name="caller",kind="TcpClient",pod="caller-1"} `
	for name, c := range map[string]struct {
		series []string
		fire   []string
	}{
		"a client that expects to be blocked starts, and takes its time": {
			conditions(t, "TcpClient", repeated(4, "ExpectationsMet=Unknown/NotProven", "Ready=False/NotProven"),
				repeated(10, "ExpectationsMet=True/ExpectationsMet", "Ready=True/Blocked")), nil,
		},
		"a path is open that should be blocked": {
			conditions(t, "TcpClient", repeated(2, "ExpectationsMet=False/UnexpectedSession")), []string{"TcpExpectationBroken"},
		},
		"a client is not ready, for one reason after the other": {
			conditions(t, "TcpClient", repeated(3, "Ready=False/ServerNotFound"), repeated(3, "Ready=False/RolloutPending"),
				repeated(3, "Ready=False/SessionsNotEstablished")), []string{"TcpClientNotReady"},
		},
		"a server is not ready, for one reason after the other": {
			conditions(t, "TcpServer", repeated(3, "Ready=False/RolloutPending"), repeated(4, "Ready=False/ReplicasNotReady")),
			[]string{"TcpServerNotReady"},
		},
		"nobody can tell whether a server is ready": {
			conditions(t, "TcpServer", repeated(7, "Ready=Unknown/Retrying")), []string{"TcpServerNotReady"},
		},
		"a server rolls out": {
			conditions(t, "TcpServer", repeated(3, "Ready=False/RolloutPending"), repeated(9, "Ready=True/ReplicasReady")), nil,
		},
		"500 sessions are lost once each, as in a rollout of their server": {
			[]string{
				`tcpworkload_sessions_desired` + workload + `500x20`,
				`tcpworkload_sessions_lost_total` + workload + `0x5 200 500x14`,
			}, nil,
		},
		"each of 500 sessions is lost every third minute": {
			[]string{
				`tcpworkload_sessions_desired` + workload + `500x30`,
				`tcpworkload_sessions_lost_total` + workload + `0+167x30`,
			}, []string{"TcpSessionsLost"},
		},
		"the one session of a client is lost every third minute": {
			[]string{
				`tcpworkload_sessions_desired` + workload + `1x30`,
				`tcpworkload_sessions_lost_total` + workload + `0 0 1 1 1 2 2 2 3 3 3 4 4 4 5 5 5 6 6 6`,
			}, []string{"TcpSessionsLost"},
		},
		"one of two pods loses its sessions again and again": {
			[]string{
				`tcpworkload_sessions_desired{namespace="shop",name="caller",pod="caller-1"} 2x30`,
				`tcpworkload_sessions_desired{namespace="shop",name="caller",pod="caller-2"} 2x30`,
				`tcpworkload_sessions_lost_total{namespace="shop",name="caller",pod="caller-1"} 0x30`,
				`tcpworkload_sessions_lost_total{namespace="shop",name="caller",pod="caller-2"} 0+0.5x30`,
			}, []string{"TcpSessionsLost"},
		},
		"servers desire no sessions, and lose none": {
			[]string{
				`tcpworkload_sessions_desired{namespace="shop",name="greeter",kind="TcpServer",pod="greeter-1"} 0x20`,
				`tcpworkload_sessions_lost_total{namespace="shop",name="greeter",kind="TcpServer",pod="greeter-1"} 0x20`,
			}, nil,
		},
		"an outage of four minutes": {
			[]string{`tcpworkload_oldest_outage_start_timestamp_seconds` + workload + `0 0 120x3 0x9`}, nil,
		},
		"an outage of ten minutes": {
			[]string{`tcpworkload_oldest_outage_start_timestamp_seconds` + workload + `0 0 120x9 0x2`}, []string{"TcpOutageLasts"},
		},
		"no manager leads for three minutes": {
			[]string{`leader_election_master_status{name="tcp-operator"} 1 0 0 0 1x9`}, nil,
		},
		"no manager leads any more": {
			[]string{`leader_election_master_status{name="tcp-operator"} 1 0x9`}, []string{"TcpOperatorNoLeader"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			// Elsewhere there is a leader, so that its lack is no news.
			if !strings.Contains(strings.Join(c.series, ""), "leader_election") {
				c.series = append(c.series, `leader_election_master_status{name="tcp-operator"} 1x60`)
			}
			if fired := play(t, parseSeries(t, c.series)); !slices.Equal(fired, c.fire) {
				t.Errorf("alerts %q fire, want %q", fired, c.fire)
			}
		})
	}
}

// TestSessionsMissing: a client that expects to be blocked misses none.
func TestSessionsMissing(t *testing.T) {
	client := func(name string, desired, held, ready int) []string {
		labels := fmt.Sprintf(`{namespace="shop",name=%q,kind="TcpClient",pod="%s-1"}`, name, name)
		return []string{
			fmt.Sprintf("tcpworkload_sessions_desired%s %d", labels, desired),
			fmt.Sprintf("tcpworkload_sessions%s %d", labels, held), fmt.Sprintf("tcpworkload_ready%s %d", labels, ready),
		}
	}
	server := `tcpworkload_sessions{namespace="shop",name="greeter",kind="TcpServer",pod="greeter-1"} 5`
	for name, c := range map[string]struct {
		series []string
		want   float64
	}{
		"nothing there": {nil, 0},
		"a whole one, and one that is rightly blocked": {slices.Concat(client("caller", 5, 5, 1), client("stranger", 1, 0, 1), []string{server}), 0},
		"two of five": {slices.Concat(client("caller", 5, 3, 0), client("stranger", 1, 0, 1), []string{server}), 2},
	} {
		var got []float64
		for _, e := range panelExpressions(t, "sessions.json") {
			if strings.HasSuffix(e.where, "panel Sessions missing") {
				for _, sample := range evaluate(t, e.text, 0, parseSeries(t, c.series)) {
					got = append(got, sample.F)
				}
			}
		}
		if !slices.Equal(got, []float64{c.want}) {
			t.Errorf("%s: the dashboard shows %v, want %v", name, got, c.want)
		}
	}
}

// repeated is a state of conditions, such as Ready=False/RolloutPending, for
// some minutes.
func repeated(minutes int, conditions ...string) [][]string {
	return slices.Repeat([][]string{conditions}, minutes)
}

// conditions are the series that kube-state-metrics, as it is configured,
// makes of the conditions of a resource, whose states follow one another.
func conditions(t *testing.T, kind string, states ...[][]string) []string {
	t.Helper()
	values := map[string][]string{}
	minutes := slices.Concat(states...)
	for minute, state := range minutes {
		for _, condition := range state {
			for series, value := range conditionSeries(t, kind, condition) {
				for len(values[series]) < minute {
					values[series] = append(values[series], "_")
				}
				values[series] = append(values[series], value)
			}
		}
	}
	var all []string
	for series, v := range values {
		v = append(v, slices.Repeat([]string{"stale"}, len(minutes)-len(v))...)
		all = append(all, series+" "+strings.Join(v, " "))
	}
	return all
}

// conditionSeries are those of one condition at one moment.
func conditionSeries(t *testing.T, kind, condition string) map[string]string {
	t.Helper()
	name, rest, _ := strings.Cut(condition, "=")
	status, reason, _ := strings.Cut(rest, "/")
	fields := map[string]string{"type": name, "status": status, "reason": reason}
	for _, r := range stateResources(t) {
		for _, m := range r.Metrics {
			if set := m.Each.StateSet; r.GroupVersionKind.Kind == kind && slices.Equal(set.Path, []string{"status", "conditions"}) {
				return stateSet(r.MetricNamePrefix+"_"+m.Name, set, fields)
			}
		}
	}
	t.Fatalf("kube-state-metrics makes nothing of the conditions of a %s", kind)
	return nil
}

// stateSet is what kube-state-metrics makes of one object of a list.
func stateSet(name string, set stateGauge, fields map[string]string) map[string]string {
	pairs := []string{`namespace="shop"`, `name="caller"`}
	for label, path := range set.LabelsFromPath {
		pairs = append(pairs, fmt.Sprintf("%s=%q", label, fields[path[0]]))
	}
	slices.Sort(pairs)
	all := map[string]string{}
	for _, state := range set.List {
		value := "0"
		if state == fields[set.ValueFrom[0]] {
			value = "1"
		}
		all[fmt.Sprintf("%s{%s,%s=%q}", name, strings.Join(pairs, ","), set.LabelName, state)] = value
	}
	return all
}
