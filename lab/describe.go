package main

import (
	"fmt"
	"strings"

	"tcp-operator.io/lab/internal/host"
	state "tcp-operator.io/lab/internal/status"
)

// describe is what `lab status` shows.
func describe(l host.Lab, r host.Record, report state.Report, versions string) string {
	var out strings.Builder
	line := func(what, value string) { fmt.Fprintf(&out, "%-12s %s\n", what, value) }
	line("lab", l.Name)
	line("state", word(report))
	line("versions", versions)
	line("kubeconfig", l.Kubeconfig())
	line("API server", "https://"+r.Address)
	line("network", r.NetNS())
	line("logs", l.Dir()+"/log")
	for _, c := range report.Components {
		line("process", c.Name+": "+orElse(c.Exit, "runs"))
	}
	for _, c := range report.Checks {
		line("check", c.Name+": "+orElse(c.Error, "ok"))
	}
	if report.Failure != nil {
		line("failure", report.Failure.Message+", see "+l.Dir()+"/"+report.Failure.Log)
	}
	return out.String()
}

// word sums a report up.
func word(r state.Report) string {
	switch {
	case r.Healthy():
		return "healthy"
	case r.Failure != nil:
		return "failed"
	case !r.Ready:
		return "starting"
	default:
		return "not healthy"
	}
}

func orElse(s, instead string) string {
	if s == "" {
		return instead
	}
	return s
}
