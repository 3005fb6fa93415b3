package docs_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tcp-operator.io/test/apiserver"
	"tcp-operator.io/test/markdown"
)

// TestTheManagersFlagsAreListed compares docs/manager.md with main.go: names,
// and the defaults that stand there as a value.
func TestTheManagersFlagsAreListed(t *testing.T) {
	want, got := managerFlags(t), map[string]string{}
	for _, row := range rows(section(t, markdown.Read(t, "docs/manager.md"), "Flags")) {
		name := strings.TrimPrefix(names(row[0])[0], "--")
		got[name] = ""
		if want[name] != "" {
			got[name] = strings.Join(names(row[1]), "")
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("flags (-main.go +docs/manager.md):\n%s", diff)
	}
}

// managerFlags are the names of the flags with their defaults; empty where the
// default is not a plain value.
func managerFlags(t *testing.T) map[string]string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(apiserver.Root(), "main.go"), nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	ast.Inspect(file, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok || len(call.Args) != 4 {
			return true
		}
		method, ok := call.Fun.(*ast.SelectorExpr)
		if !ok || !isNamed(method.X, "set") || !strings.HasSuffix(method.Sel.Name, "Var") {
			return true
		}
		name, ok := call.Args[1].(*ast.BasicLit)
		if !ok {
			t.Fatalf("a flag's name is no literal")
		}
		all[unquoted(t, name)] = plainDefault(t, call.Args[2])
		return true
	})
	if len(all) < 5 {
		t.Fatalf("main.go has only the flags %v", all)
	}
	return all
}

func isNamed(e ast.Expr, name string) bool {
	id, ok := e.(*ast.Ident)
	return ok && id.Name == name
}

// plainDefault is a default as a user writes it.
func plainDefault(t *testing.T, e ast.Expr) string {
	t.Helper()
	switch e := e.(type) {
	case *ast.BasicLit:
		return unquoted(t, e)
	case *ast.Ident:
		return e.Name // true or false
	case *ast.SelectorExpr:
		return strings.ToLower(strings.TrimPrefix(e.Sel.Name, "Level")) // slog.LevelInfo
	case *ast.BinaryExpr:
		n, isNumber := e.X.(*ast.BasicLit)
		if unit, ok := e.Y.(*ast.SelectorExpr); ok && isNumber && unit.Sel.Name == "Second" {
			return n.Value + "s"
		}
	}
	return ""
}

func unquoted(t *testing.T, literal *ast.BasicLit) string {
	t.Helper()
	text, err := strconv.Unquote(literal.Value)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
