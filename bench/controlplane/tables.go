package main

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"tcp-operator.io/bench/controlplane/operator"
	"tcp-operator.io/bench/report"
)

// The contenders, as tables name them.
const (
	ours     = "operator"
	creating = "bare client"
	applying = "bare client that applies"
)

// memoryLimit is that of the operator's container in config/manager, which it
// must hold at 1,000 pairs.
const memoryLimit = 128 // MiB

// slowest is what 99 of 100 reconciles should take at most.
const slowest = 50 * time.Millisecond

func childrenTable(pairs int, rounds []childrenRound) *report.Table {
	t := &report.Table{
		Title: fmt.Sprintf("Children of %d pairs: from the first request to the last child", pairs),
		Ours:  ours, Peers: []string{creating, applying},
		Series: map[string]report.Series{ours: {}, creating: {}, applying: {}},
	}
	for _, when := range []struct {
		name string
		of   func(childrenRound) contest
	}{
		{"pairs were there", func(r childrenRound) contest { return r.backlog }},
		{"pairs are new", func(r childrenRound) contest { return r.fresh }},
	} {
		t.Figures = append(t.Figures,
			report.Figure{Name: "time, " + when.name, Targets: []report.Target{report.AtMostOf(creating, 1.25)}},
			report.Figure{Name: "CPU of API server and etcd, " + when.name},
			report.Figure{Name: "writes per pair, " + when.name, Absolute: true},
			report.Figure{Name: "reads per pair, " + when.name, Absolute: true})
		for _, r := range rounds {
			c := when.of(r)
			t.Others = append(t.Others, c.others...)
			for contender, m := range c.of {
				series := t.Series[contender]
				record(series, "time, "+when.name, m.time.Seconds())
				record(series, "CPU of API server and etcd, "+when.name, m.cpu.Seconds())
				record(series, "writes per pair, "+when.name, per(m.writes, pairs))
				record(series, "reads per pair, "+when.name, per(m.reads, pairs))
			}
		}
	}
	return t
}

// single is a table of figures that were taken once, of the operator alone.
type single struct{ table *report.Table }

func newSingle(format string, args ...any) single {
	return single{&report.Table{Title: fmt.Sprintf(format, args...), Ours: ours, Series: map[string]report.Series{ours: {}}}}
}

func (s single) add(name string, value float64, targets ...report.Target) {
	s.table.Figures = append(s.table.Figures, report.Figure{Name: name, Absolute: true, Targets: targets})
	record(s.table.Series[ours], name, value)
}

// disturbed notes which share of the machine others took.
func (s single) disturbed(others ...float64) { s.table.Others = append(s.table.Others, others...) }

func convergenceTable(pairs int, c convergence) *report.Table {
	s := newSingle("%d pairs until ready, with pods that are ready at once", pairs)
	s.disturbed(c.others)
	writes := only(c.requests, isWrite)
	perResource := writesPerResource(writes)
	s.add("writes per resource, mean", per(len(writes), len(perResource)), report.AtMost(6))
	s.add("writes per resource, most", most(perResource), report.AtMost(6))
	bySort := countBy(writes, sortOf)
	for _, sort := range slices.Sorted(maps.Keys(bySort)) {
		s.add(sort+" written per pair", per(bySort[sort], pairs))
	}
	s.add("reads per pair", per(len(c.requests)-len(writes), pairs))
	s.add("seconds until the last child", c.children.Seconds())
	s.add("seconds until the last status", c.ready.Seconds())
	s.add("reconciles per resource", float64(c.reconciles.Done)/float64(2*pairs))
	s.add("reconciles that failed", float64(c.reconciles.Failed))
	addTimes(s, c.reconciles)
	return s.table
}

func addTimes(s single, r operator.Reconciles, targets ...report.Target) {
	s.add("milliseconds of a reconcile, p50", milliseconds(r.Quantile(0.50)))
	s.add("milliseconds of a reconcile, p99", milliseconds(r.Quantile(0.99)), targets...)
}

func memoryTable(l lifecycle) *report.Table {
	s := newSingle("Resident memory of the operator with %d pairs, MiB", l.pairs)
	s.disturbed(l.convergence.others, l.restart.others, l.steady.others)
	var targets []report.Target
	if l.pairs <= 1000 {
		targets = append(targets, report.AtMost(memoryLimit))
	}
	c := l.convergence
	s.add("without any", mebibytes(c.before.Now))
	s.add("when all were ready", mebibytes(c.after.Now), targets...)
	s.add("highest until then", mebibytes(c.after.Highest), targets...)
	s.add("after a restart", mebibytes(l.restart.memory.Now), targets...)
	s.add("highest since the restart", mebibytes(l.steady.memory.Highest), targets...)
	grown := float64(l.steady.memory.Now) - float64(c.before.Now)
	s.add("KiB per resource, at rest", grown/1024/float64(2*l.pairs))
	return s.table
}

func restartTable(pairs int, r restart) *report.Table {
	s := newSingle("A restart of the operator with %d pairs that have not changed", pairs)
	s.disturbed(r.others)
	s.add("writes", float64(len(only(r.requests, isWrite))), report.AtMost(0))
	byVerb := countBy(r.requests, verbOf)
	for _, verb := range []string{"get", "list", "watch"} {
		s.add(verb+" requests", float64(byVerb[verb]))
	}
	s.add("seconds until /readyz holds", r.ready.Seconds())
	s.add("seconds until all were reconciled", r.reconciled.Seconds())
	return s.table
}

func steadyTable(pairs int, r steady) *report.Table {
	s := newSingle("%d pairs at rest for %s, every second one busy", pairs, time.Duration(r.window))
	s.disturbed(r.others)
	s.add("writes per hour of an idle resource, most", r.window.perHour(int(most(writesPerResource(r.idle)))), report.AtMost(0))
	s.add("writes per hour of a busy resource, most", r.window.perHour(int(most(writesPerResource(r.busy)))), report.AtMost(60))
	s.add("writes per hour of a busy resource, mean", r.window.perHour(len(r.busy))/float64(pairs))
	s.add("busy resources that were written", float64(len(writesPerResource(r.busy))))
	s.add("CPU of the operator, share of a core", r.cpu.Seconds()/time.Duration(r.window).Seconds())
	addTimes(s, r.reconciles, report.AtMost(milliseconds(slowest)))
	return s.table
}

func record(s report.Series, name string, value float64) { s[name] = append(s[name], value) }

func per(n, of int) float64 {
	if of == 0 {
		return math.NaN()
	}
	return float64(n) / float64(of)
}

func most(n map[string]int) float64 {
	highest := 0
	for _, v := range n {
		highest = max(highest, v)
	}
	return float64(highest)
}

func mebibytes(n uint64) float64 { return float64(n) / (1 << 20) }

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
