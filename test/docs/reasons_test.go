package docs_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tcp-operator.io/test/apiserver"
	"tcp-operator.io/test/markdown"
	"tcp-operator.io/workload/snapshot"
)

func TestReasonsAreExplained(t *testing.T) {
	p := markdown.Read(t, "docs/reasons.md")
	conditions, events := "api/v1alpha1/conditions.go", "controllers/status/events.go"
	for _, c := range []struct{ section, file, prefix string }{
		{"Condition types", conditions, "Condition"},
		{"Condition reasons", conditions, "Reason"},
		{"Event reasons", events, "Event"},
	} {
		t.Run(c.section, func(t *testing.T) {
			want := constants(t, c.file, c.prefix)
			var got []string
			for _, row := range rows(section(t, p, c.section)) {
				got = append(got, names(row[0])...)
			}
			slices.Sort(got)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s and docs/reasons.md differ (-code +page):\n%s", c.file, diff)
			}
		})
	}
}

// TestReasonsHaveATrouble: whatever reason somebody has before them,
// troubleshooting.md has an entry for it.
func TestReasonsHaveATrouble(t *testing.T) {
	p := markdown.Read(t, "docs/troubleshooting.md")
	known := map[string]bool{}
	for _, match := range heading.FindAllStringSubmatch(p.Prose, -1) {
		known[match[1]] = true
	}
	for _, table := range []string{"When nothing is wrong", "Outages by close reason"} {
		for _, row := range rows(section(t, p, table)) {
			for _, name := range names(row[0]) {
				known[name] = true
			}
		}
	}
	wanted := constants(t, "api/v1alpha1/conditions.go", "Reason")
	for _, reason := range slices.Concat(snapshot.CloseReasons(), snapshot.FailureReasons()) {
		wanted = append(wanted, string(reason))
	}
	for _, reason := range wanted {
		if !known[reason] {
			t.Errorf("%s: nothing is said of %s", p.Path, reason)
		}
	}
}

// constants returns the values of the string constants with a prefix, sorted.
func constants(t *testing.T, file, prefix string) []string {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), filepath.Join(apiserver.Root(), file), nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	var values []string
	ast.Inspect(parsed, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || len(spec.Values) != 1 || !strings.HasPrefix(spec.Names[0].Name, prefix) {
			return true
		}
		if literal, ok := spec.Values[0].(*ast.BasicLit); ok {
			value, err := strconv.Unquote(literal.Value)
			if err != nil {
				t.Fatal(err)
			}
			values = append(values, value)
		}
		return true
	})
	if len(values) == 0 {
		t.Fatalf("%s has no constants that begin with %s", file, prefix)
	}
	slices.Sort(values)
	return values
}
