package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tcp-operator.io/workload/snapshot"
	"tcp-operator.io/workload/spec"
)

// table returns the first columns of the rows that follow a comment in
// docs/workload.md, without backquotes.
func table(t *testing.T, comment string, columns int) (rows []string) {
	t.Helper()
	text, err := os.ReadFile("../docs/workload.md")
	if err != nil {
		t.Fatal(err)
	}
	_, after, found := strings.Cut(string(text), "<!-- "+comment)
	if !found {
		t.Fatalf("docs/workload.md has no comment %q", comment)
	}
	lines := strings.Split(after, "\n")
	for _, line := range lines[3:] { // comment, head, rule
		if !strings.HasPrefix(line, "|") {
			break
		}
		var cells []string
		for _, cell := range strings.Split(line, "|")[1 : columns+1] {
			cells = append(cells, strings.Trim(cell, " `"))
		}
		rows = append(rows, strings.Join(cells, " "))
	}
	slices.Sort(rows)
	return rows
}

func compare(t *testing.T, want, got []string) {
	t.Helper()
	slices.Sort(want)
	if diff := cmp.Diff(slices.Compact(want), got); diff != "" {
		t.Errorf("docs/workload.md (-code +page):\n%s", diff)
	}
}

func TestReasonsAreDocumented(t *testing.T) {
	var want []string
	for _, reason := range append(snapshot.CloseReasons(), snapshot.FailureReasons()...) {
		want = append(want, string(reason))
	}
	compare(t, want, table(t, "close reasons", 1))
}

func TestMetricsAreDocumented(t *testing.T) {
	golden, err := os.ReadFile("admin/testdata/metrics.txt")
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, m := range regexp.MustCompile(`(?m)^(\w+) (\w+)\{`).FindAllStringSubmatch(string(golden), -1) {
		want = append(want, m[2]+" "+m[1])
	}
	compare(t, want, table(t, "metrics", 2))
}

func TestSettingsAreDocumented(t *testing.T) {
	for comment, defaults := range map[string]any{"server settings": spec.DefaultServer(), "client settings": spec.DefaultClient()} {
		data, err := json.Marshal(defaults)
		if err != nil {
			t.Fatal(err)
		}
		var fields map[string]any
		if err := json.Unmarshal(data, &fields); err != nil {
			t.Fatal(err)
		}
		compare(t, rows("", fields), table(t, comment, 2))
	}
}

// rows lists the leaves of a JSON object as dotted path and value.
func rows(prefix string, object map[string]any) (all []string) {
	for name, value := range maps.All(object) {
		if inner, ok := value.(map[string]any); ok {
			all = append(all, rows(prefix+name+".", inner)...)
			continue
		}
		all = append(all, fmt.Sprintf("%s%s %v", prefix, name, value))
	}
	return all
}
