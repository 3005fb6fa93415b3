// Package gitops holds what GitOps tools are told about the health of both
// kinds: the Lua scripts for Argo CD and the CEL expressions for Flux.
package gitops

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/google/cel-go/cel"
	"github.com/google/go-cmp/cmp"
	lua "github.com/yuin/gopher-lua"
	"sigs.k8s.io/yaml"

	"tcp-operator.io/api/v1alpha1"
	"tcp-operator.io/test/apiserver"
)

// health is what Argo CD shows.
type health struct {
	Status  string `json:"status"`
	Message string `json:"message"`
}

// state is an entry of a health_test.yaml, in Argo CD's own form.
type state struct {
	HealthStatus health `json:"healthStatus"`
	InputPath    string `json:"inputPath"`
}

// fluxOf says the same in Flux's words.
var fluxOf = map[string]string{"Healthy": "current", "Degraded": "failed", "Progressing": "inProgress"}

// TestHealth holds both tools to the same golden resources, so that they agree.
func TestHealth(t *testing.T) {
	expressions := fluxExpressions(t)
	for kind, typed := range map[string]func() any{
		"TcpServer": func() any { return &v1alpha1.TcpServer{} },
		"TcpClient": func() any { return &v1alpha1.TcpClient{} },
	} {
		folder := filepath.Join(apiserver.Root(), "config", "gitops", "argocd", "tcp-operator.io", kind)
		script := read(t, filepath.Join(folder, "health.lua"))
		var cases struct {
			Tests []state `json:"tests"`
		}
		parse(t, read(t, filepath.Join(folder, "health_test.yaml")), &cases)
		checkAllUsed(t, folder, len(cases.Tests))
		for _, c := range cases.Tests {
			t.Run(kind+"/"+filepath.Base(c.InputPath), func(t *testing.T) {
				text := read(t, filepath.Join(folder, c.InputPath))
				parse(t, text, typed()) // a field that does not exist is refused
				var object map[string]any
				parse(t, text, &object)
				if got := runLua(t, string(script), object); got != c.HealthStatus {
					t.Errorf("Argo CD shows %+v, want %+v", got, c.HealthStatus)
				}
				if got, want := runFlux(t, expressions[kind], object), fluxOf[c.HealthStatus.Status]; got != want {
					t.Errorf("Flux says %s, want %s", got, want)
				}
			})
		}
	}
}

// TestThePatchHoldsTheScripts compares what the README has people apply with
// the scripts that are tested.
func TestThePatchHoldsTheScripts(t *testing.T) {
	folder := filepath.Join(apiserver.Root(), "config", "gitops", "argocd")
	var patch map[string]map[string]string
	parse(t, read(t, filepath.Join(folder, "argocd-cm.patch.yaml")), &patch)
	want := map[string]map[string]string{"data": {}}
	for _, kind := range []string{"TcpServer", "TcpClient"} {
		script := read(t, filepath.Join(folder, "tcp-operator.io", kind, "health.lua"))
		want["data"]["resource.customizations.health.tcp-operator.io_"+kind] = string(script)
	}
	if diff := cmp.Diff(want, patch); diff != "" {
		t.Errorf("argocd-cm.patch.yaml (-scripts +patch):\n%s", diff)
	}
}

// checkAllUsed holds that no state is left out.
func checkAllUsed(t *testing.T, folder string, used int) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "testdata", "*.yaml"))
	if err != nil || len(files) != used || used < 6 {
		t.Errorf("%s: %d states in health_test.yaml, %d in testdata (%v); want them all, and 6", folder, used, len(files), err)
	}
}

// runLua runs a script as Argo CD does: the resource is obj, the answer a
// table.
func runLua(t *testing.T, script string, object map[string]any) health {
	t.Helper()
	l := lua.NewState(lua.Options{SkipOpenLibs: true})
	defer l.Close()
	// Of the libraries those that Argo CD opens, without what reaches outside.
	for name, open := range map[string]lua.LGFunction{lua.BaseLibName: lua.OpenBase, lua.TabLibName: lua.OpenTable, lua.StringLibName: lua.OpenString} {
		if err := l.CallByParam(lua.P{Fn: l.NewFunction(open), Protect: true}, lua.LString(name)); err != nil {
			t.Fatal(err)
		}
	}
	l.SetGlobal("obj", luaValue(l, object))
	if err := l.DoString(script); err != nil {
		t.Fatal(err)
	}
	answer, ok := l.Get(-1).(*lua.LTable)
	if !ok {
		t.Fatalf("the script returns %s, want a table", l.Get(-1).Type())
	}
	return health{Status: answer.RawGetString("status").String(), Message: answer.RawGetString("message").String()}
}

func luaValue(l *lua.LState, v any) lua.LValue {
	switch v := v.(type) {
	case map[string]any:
		table := l.NewTable()
		for key, value := range v {
			table.RawSetString(key, luaValue(l, value))
		}
		return table
	case []any:
		table := l.NewTable()
		for _, value := range v {
			table.Append(luaValue(l, value))
		}
		return table
	case string:
		return lua.LString(v)
	case bool:
		return lua.LBool(v)
	case float64:
		return lua.LNumber(v)
	case nil:
		return lua.LNil
	}
	panic(fmt.Sprintf("%T is not JSON", v))
}

// expressions are those of one kind, by what they say.
type expressions map[string]string

// fluxExpressions reads the expressions that the page offers, by kind.
func fluxExpressions(t *testing.T) map[string]expressions {
	t.Helper()
	page := read(t, filepath.Join(apiserver.Root(), "config", "gitops", "flux", "README.md"))
	block := regexp.MustCompile("(?s)```yaml\n(healthCheckExprs:.*?)```").FindSubmatch(page)
	if block == nil {
		t.Fatal("the page offers no healthCheckExprs")
	}
	var offered struct {
		HealthCheckExprs []struct {
			APIVersion string `json:"apiVersion"`
			Kind       string `json:"kind"`
			InProgress string `json:"inProgress"`
			Failed     string `json:"failed"`
			Current    string `json:"current"`
		} `json:"healthCheckExprs"`
	}
	parse(t, block[1], &offered)
	all := map[string]expressions{}
	for _, e := range offered.HealthCheckExprs {
		if e.APIVersion != v1alpha1.GroupVersion.String() {
			t.Errorf("an expression is for %s", e.APIVersion)
		}
		all[e.Kind] = expressions{"inProgress": e.InProgress, "failed": e.Failed, "current": e.Current}
	}
	return all
}

// runFlux evaluates the expressions. At most one may hold, so that their order
// does not matter; where none does, Flux keeps waiting.
func runFlux(t *testing.T, all expressions, object map[string]any) string {
	t.Helper()
	variables := make([]cel.EnvOption, 0, len(object))
	for name := range object {
		variables = append(variables, cel.Variable(name, cel.DynType))
	}
	env, err := cel.NewEnv(variables...)
	if err != nil {
		t.Fatal(err)
	}
	says := ""
	for name, expression := range all {
		ast, issues := env.Compile(expression)
		if issues.Err() != nil {
			t.Fatalf("%s: %v", name, issues.Err())
		}
		program, err := env.Program(ast)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		value, _, err := program.Eval(object)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if value.Value() != true {
			continue
		}
		if says != "" {
			t.Errorf("both %s and %s hold", says, name)
		}
		says = name
	}
	if says == "" {
		return "inProgress"
	}
	return says
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func parse(t *testing.T, text []byte, into any) {
	t.Helper()
	if err := yaml.UnmarshalStrict(text, into); err != nil {
		t.Fatal(err)
	}
}
