package monitoring

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// knownMetrics are the series' names of both programs and of
// kube-state-metrics.
func knownMetrics(t *testing.T) []string {
	t.Helper()
	known := []string{
		// client_golang's own, of both programs.
		"process_resident_memory_bytes", "process_cpu_seconds_total", "process_open_fds",
		"go_memstats_heap_inuse_bytes", "go_goroutines",
	}
	for _, golden := range [][]string{
		lines(t, "workload", "admin", "testdata", "metrics.txt"),
		lines(t, "controllers", "testdata", "metrics.txt"),
	} {
		for _, line := range golden {
			kind, series, _ := strings.Cut(line, " ")
			name, _, _ := strings.Cut(series, "{")
			known = append(known, name)
			if kind == "histogram" {
				known = append(known, name+"_bucket", name+"_sum", name+"_count")
			}
		}
	}
	return append(known, stateMetrics(t)...)
}

// workloadSeries are those of the golden list, as name{label=value}.
func workloadSeries(t *testing.T) []string {
	t.Helper()
	var all []string
	for _, line := range lines(t, "workload", "admin", "testdata", "metrics.txt") {
		_, series, _ := strings.Cut(line, " ")
		all = append(all, series)
	}
	return all
}

// lines of a golden list: type, then series.
func lines(t *testing.T, path ...string) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(append([]string{root}, path...)...))
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSpace(string(text)), "\n")
}

// A stateMetric is one that kube-state-metrics makes of a field.
type stateMetric struct {
	Name string `json:"name"`
	Each struct {
		Type  string `json:"type"`
		Gauge struct {
			Path           []string            `json:"path"`
			LabelsFromPath map[string][]string `json:"labelsFromPath"`
			ValueFrom      []string            `json:"valueFrom"`
			NilIsZero      bool                `json:"nilIsZero"`
		} `json:"gauge"`
		StateSet stateGauge `json:"stateSet"`
	} `json:"each"`
}

// A stateGauge is one series for each of the states that a field may have.
type stateGauge struct {
	Path           []string            `json:"path"`
	LabelsFromPath map[string][]string `json:"labelsFromPath"`
	ValueFrom      []string            `json:"valueFrom"`
	LabelName      string              `json:"labelName"`
	List           []string            `json:"list"`
}

// reads are the paths that a metric is made of: the first from the resource's
// top, the others from there.
func (m stateMetric) reads() (path []string, inner [][]string) {
	if gauge := m.Each.Gauge; m.Each.Type == "Gauge" {
		return gauge.Path, append(slices.Collect(maps.Values(gauge.LabelsFromPath)), gauge.ValueFrom)
	}
	set := m.Each.StateSet
	return set.Path, append(slices.Collect(maps.Values(set.LabelsFromPath)), set.ValueFrom)
}

// A stateResource is a kind of which kube-state-metrics makes metrics.
type stateResource struct {
	GroupVersionKind struct{ Group, Version, Kind string } `json:"groupVersionKind"`
	MetricNamePrefix string                                `json:"metricNamePrefix"`
	LabelsFromPath   map[string][]string                   `json:"labelsFromPath"`
	Metrics          []stateMetric                         `json:"metrics"`
}

func stateResources(t *testing.T) []stateResource {
	t.Helper()
	var config struct {
		Spec struct {
			Resources []stateResource `json:"resources"`
		} `json:"spec"`
	}
	decode(t, &config, "config", "kube-state-metrics", "custom_resource_state.yaml")
	if len(config.Spec.Resources) != 2 {
		t.Fatalf("kube-state-metrics knows %d kinds, want 2", len(config.Spec.Resources))
	}
	return config.Spec.Resources
}

func stateMetrics(t *testing.T) []string {
	t.Helper()
	var names []string
	for _, r := range stateResources(t) {
		for _, m := range r.Metrics {
			names = append(names, r.MetricNamePrefix+"_"+m.Name)
		}
	}
	return names
}

// property is a part of a CRD's schema.
type property struct {
	Type       string              `json:"type"`
	Properties map[string]property `json:"properties"`
	Items      *property           `json:"items"`
}

// at walks down a path; nil where there is no such field. It looks into the
// items of a list.
func (p *property) at(path []string) *property {
	for _, name := range path {
		if p.Type == "array" {
			p = p.Items
		}
		next, ok := p.Properties[name]
		if !ok {
			return nil
		}
		p = &next
	}
	return p
}

// TestKubeStateMetricsReadsFieldsThatExist compares its paths with the schemas.
func TestKubeStateMetricsReadsFieldsThatExist(t *testing.T) {
	for _, r := range stateResources(t) {
		var crd struct {
			Spec struct {
				Group    string
				Versions []struct {
					Name   string
					Schema struct{ OpenAPIV3Schema property }
				}
			}
		}
		decode(t, &crd, "config", "crd", "bases", "tcp-operator.io_"+strings.ToLower(r.GroupVersionKind.Kind)+"s.yaml")
		version := crd.Spec.Versions[0]
		if crd.Spec.Group != r.GroupVersionKind.Group || version.Name != r.GroupVersionKind.Version {
			t.Errorf("%s: %+v is not served", r.MetricNamePrefix, r.GroupVersionKind)
		}
		for _, m := range r.Metrics {
			path, inner := m.reads()
			field := version.Schema.OpenAPIV3Schema.at(path)
			if field == nil || len(path) == 0 {
				t.Errorf("%s_%s: there is no field %s", r.MetricNamePrefix, m.Name, strings.Join(path, "."))
				continue
			}
			for _, name := range inner {
				if field.at(name) == nil {
					t.Errorf("%s_%s: %s has no field %s", r.MetricNamePrefix, m.Name, strings.Join(path, "."), strings.Join(name, "."))
				}
			}
		}
	}
}

// TestTheStateMetricsAreListed compares docs/metrics.md with what
// kube-state-metrics is told to make.
func TestTheStateMetricsAreListed(t *testing.T) {
	page := strings.Join(lines(t, "docs", "metrics.md"), "\n")
	listed := regexp.MustCompile("`(tcp(?:server|client)_[a-z0-9_]+)`").FindAllStringSubmatch(page, -1)
	var names []string
	for _, match := range listed {
		names = append(names, match[1])
	}
	want := stateMetrics(t)
	slices.Sort(names)
	slices.Sort(want)
	if !slices.Equal(names, want) {
		t.Errorf("docs/metrics.md lists %q, kube-state-metrics makes %q", names, want)
	}
}
