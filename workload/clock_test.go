package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// wallClock are the functions and methods of package time that make a time
// without a monotonic reading, or a number of one: what is computed from them
// jumps when somebody sets the system's clock.
var wallClock = []string{"Unix", "UnixMilli", "UnixMicro", "UnixNano", "Date", "Parse", "ParseInLocation",
	"UTC", "Local", "In", "AddDate", "MarshalJSON", "UnmarshalJSON"}

// shown are the calls of them that there are. They write a moment out for
// people and other programs, or check one that came from there.
var shown = []string{
	"admin/metrics.go: UnixMilli",
	"snapshot/sane.go: UTC",
	"stats/traffic.go: Unix",
	"stats/traffic.go: UnixNano",
	"template/template.go: Unix",
	"template/template.go: Unix",
}

// TestDurationsFollowTheMonotonicClock holds that no duration, deadline or
// latency can come from the wall clock: each is the difference of two readings
// of time.Now, which both carry the monotonic clock. A test cannot set the
// clock of the machine it runs on.
func TestDurationsFollowTheMonotonicClock(t *testing.T) { // C22
	var found []string
	err := filepath.WalkDir(".", func(file string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") || strings.Contains(file, "testcert") {
			return err
		}
		calls, err := wallClockCalls(file)
		for _, call := range calls {
			found = append(found, filepath.ToSlash(file)+": "+call)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(found)
	if diff := cmp.Diff(shown, found); diff != "" {
		t.Errorf("calls that know the wall clock only (-want +got):\n%s", diff)
	}
}

// wallClockCalls returns the calls of a file that strip the monotonic reading.
func wallClockCalls(file string) (calls []string, err error) {
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if err != nil || !usesTime(parsed) {
		return nil, err
	}
	ast.Inspect(parsed, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		name, ok := call.Fun.(*ast.SelectorExpr)
		if ok && !ofOther(parsed, name.X) && (slices.Contains(wallClock, name.Sel.Name) || strips(name.Sel.Name, call.Args)) {
			calls = append(calls, name.Sel.Name)
		}
		return true
	})
	return calls, nil
}

func usesTime(f *ast.File) bool {
	return slices.ContainsFunc(f.Imports, func(i *ast.ImportSpec) bool { return i.Path.Value == `"time"` })
}

// ofOther tells whether x is a package that the file imports, other than time.
func ofOther(f *ast.File, x ast.Expr) bool {
	name, ok := x.(*ast.Ident)
	return ok && name.Name != "time" && slices.ContainsFunc(f.Imports, func(i *ast.ImportSpec) bool {
		return strings.HasSuffix(strings.Trim(i.Path.Value, `"`), "/"+name.Name)
	})
}

// strips tells whether a call is Round(0) or Truncate(0), which do nothing
// else; of a time.Duration they would do nothing at all.
func strips(name string, args []ast.Expr) bool {
	if name != "Round" && name != "Truncate" || len(args) != 1 {
		return false
	}
	zero, ok := args[0].(*ast.BasicLit)
	return ok && zero.Value == "0"
}
