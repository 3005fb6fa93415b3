package snapshot

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"testing"
)

// TestTheSetsAreClosed holds that every constant of a closed set is in the
// list that readers check against: the operator refuses a snapshot with a word
// that is not.
func TestTheSetsAreClosed(t *testing.T) {
	reasons := append(CloseReasons(), FailureReasons()...)
	listed := map[string]func(string) bool{
		"Reason": func(s string) bool { return slices.Contains(reasons, Reason(s)) },
		"Phase":  func(s string) bool { return slices.Contains(Phases(), Phase(s)) },
	}
	found := map[string]int{}
	for _, file := range []string{"reason.go", "snapshot.go"} {
		for kind, value := range typedConstants(t, file) {
			for _, text := range value {
				if is, ok := listed[kind]; ok && !is(text) {
					t.Errorf("%s %q is in no list", kind, text)
				}
				found[kind]++
			}
		}
	}
	if found["Reason"] < 20 || found["Phase"] < 4 {
		t.Errorf("only %v constants were found", found)
	}
}

// typedConstants returns the values of a file's string constants by the name
// of their type.
func typedConstants(t *testing.T, file string) map[string][]string {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][]string{}
	ast.Inspect(parsed, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		kind, ok := spec.Type.(*ast.Ident)
		if !ok {
			return true
		}
		for _, v := range spec.Values {
			if literal, ok := v.(*ast.BasicLit); ok && literal.Kind == token.STRING {
				text, err := strconv.Unquote(literal.Value)
				if err != nil {
					t.Fatal(err)
				}
				all[kind.Name] = append(all[kind.Name], text)
			}
		}
		return true
	})
	return all
}
