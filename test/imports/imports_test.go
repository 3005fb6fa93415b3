// Package imports holds who may import whom, as docs/architecture.md draws it.
package imports

import (
	"bytes"
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

const module = "tcp-operator.io/"

// source is a package as `go list` describes it.
type source struct {
	ImportPath string
	Dir        string
	Standard   bool
	GoFiles    []string
	Imports    []string
}

// tree holds the packages of the module and all that they depend on.
type tree map[string]source

func list(t *testing.T) tree {
	t.Helper()
	all, err := listed()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

var listed = sync.OnceValues(func() (tree, error) {
	command := exec.Command("go", "list", "-deps", "-json=ImportPath,Dir,Standard,GoFiles,Imports", module+"...")
	command.Dir = filepath.Join("..", "..")
	out, err := command.Output()
	if err != nil {
		return nil, err
	}
	all := tree{}
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var s source
		if err := d.Decode(&s); err == io.EOF {
			return all, nil
		} else if err != nil {
			return nil, err
		}
		all[s.ImportPath] = s
	}
})

// under returns the packages of the module in the folders.
func (all tree) under(folders ...string) []string {
	var found []string
	for path := range all {
		for _, folder := range folders {
			if path == module+folder || strings.HasPrefix(path, module+folder+"/") {
				found = append(found, path)
			}
		}
	}
	slices.Sort(found)
	return found
}

// reach returns what can be reached from a package, each with the way there.
// It does not look into packages under closed.
func (all tree) reach(from string, closed ...string) map[string]string {
	ways := map[string]string{from: from}
	for queue := []string{from}; len(queue) > 0; queue = queue[1:] {
		if matches(queue[0], closed) {
			continue
		}
		for _, next := range all[queue[0]].Imports {
			if _, seen := ways[next]; !seen {
				ways[next] = ways[queue[0]] + " -> " + next
				queue = append(queue, next)
			}
		}
	}
	delete(ways, from)
	return ways
}

// matches tells whether path is one of the packages, or under one.
func matches(path string, packages []string) bool {
	return slices.ContainsFunc(packages, func(p string) bool { return path == p || strings.HasPrefix(path, p+"/") })
}

var pure = []string{"controllers/desired", "controllers/status", "controllers/fault", "topology"}

func TestTheWorkloadKnowsNothingOfKubernetes(t *testing.T) {
	all := list(t)
	forbidden := []string{"k8s.io", "sigs.k8s.io", module + "api", module + "controllers"}
	packages := all.under("workload")
	if len(packages) < 10 {
		t.Fatalf("only %d packages: %q", len(packages), packages)
	}
	for _, from := range packages {
		for path, way := range all.reach(from) {
			if matches(path, forbidden) {
				t.Errorf("%s", way)
			}
		}
	}
}

func TestTheContractNeedsTheStandardLibraryOnly(t *testing.T) {
	all := list(t)
	for _, from := range all.under("workload/spec", "workload/snapshot") {
		for path, way := range all.reach(from) {
			if !all[path].Standard {
				t.Errorf("%s", way)
			}
		}
	}
}

func TestTheAPINeedsNothingOfOurs(t *testing.T) {
	all := list(t)
	for _, from := range all.under("api") {
		for path, way := range all.reach(from) {
			if strings.HasPrefix(path, module) {
				t.Errorf("%s", way)
			}
		}
	}
}

// TestPureAndThinLayers holds which of our packages each layer builds on.
func TestPureAndThinLayers(t *testing.T) {
	all := list(t)
	for folder, allowed := range map[string][]string{
		"controllers/fault":    nil,
		"controllers/desired":  {"api", "controllers/fault", "workload/spec"},
		"controllers/status":   {"api", "controllers/fault", "controllers/desired", "workload/spec", "workload/snapshot", "workload/verdict"},
		"controllers/observed": {"api", "controllers/desired", "controllers/status", "workload/spec", "workload/snapshot"},
		"topology":             {"api", "workload/snapshot"},
		"page":                 {"api", "controllers/observed", "topology", "workload/snapshot"},
	} {
		for _, path := range all[module+folder].Imports {
			if ours, is := strings.CutPrefix(path, module); is && !matches(ours, allowed) {
				t.Errorf("%s imports %s", folder, ours)
			}
		}
	}
}

// TestPurePackagesReachNoClient does not look into the apply configurations:
// client-go's own package for metadata has helpers that bring its REST client.
func TestPurePackagesReachNoClient(t *testing.T) {
	all := list(t)
	forbidden := []string{
		"sigs.k8s.io/controller-runtime", "k8s.io/client-go/kubernetes", "k8s.io/client-go/rest", "k8s.io/client-go/tools",
		"k8s.io/client-go/discovery", "k8s.io/client-go/dynamic", "k8s.io/client-go/transport",
	}
	for _, from := range all.under(pure...) {
		for path, way := range all.reach(from, "k8s.io/client-go/applyconfigurations") {
			if matches(path, forbidden) {
				t.Errorf("%s", way)
			}
		}
	}
}

// clocks are the functions that read one, by package.
var clocks = map[string][]string{
	"time":                                 {"Now", "Since", "Until", "After", "AfterFunc", "Tick", "NewTimer", "NewTicker", "Sleep"},
	"k8s.io/apimachinery/pkg/apis/meta/v1": {"Now", "NowMicro"},
}

func TestPurePackagesHaveNoContextAndNoClock(t *testing.T) {
	all := list(t)
	for _, path := range all.under(pure...) {
		for _, forbidden := range []string{"context", "os", "net/http", "math/rand", "math/rand/v2"} {
			if slices.Contains(all[path].Imports, forbidden) {
				t.Errorf("%s imports %s", path, forbidden)
			}
		}
		for _, file := range all[path].GoFiles {
			for _, read := range clockReads(t, filepath.Join(all[path].Dir, file)) {
				t.Errorf("%s/%s", path, read)
			}
		}
	}
}

// TestTheChecksSee holds that what is forbidden above would be found: package
// controllers does all of it.
func TestTheChecksSee(t *testing.T) {
	all := list(t)
	from := all[module+"controllers"]
	for _, path := range []string{"sigs.k8s.io/controller-runtime/pkg/client", "k8s.io/client-go/tools/events", module + "workload/spec"} {
		if _, found := all.reach(from.ImportPath)[path]; !found {
			t.Errorf("%s is not found from package controllers", path)
		}
	}
	if len(clockReads(t, filepath.Join(from.Dir, "setup.go"))) == 0 {
		t.Error("time.Now is not found in controllers/setup.go")
	}
}

// clockReads returns where a file names a function that reads a clock.
func clockReads(t *testing.T, path string) []string {
	t.Helper()
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, path, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]string{} // in this file, of packages
	for _, spec := range file.Imports {
		imported := strings.Trim(spec.Path.Value, `"`)
		name := imported[strings.LastIndex(imported, "/")+1:]
		if spec.Name != nil {
			name = spec.Name.Name
		}
		names[name] = imported
	}
	var found []string
	ast.Inspect(file, func(n ast.Node) bool {
		if selector, ok := n.(*ast.SelectorExpr); ok {
			if from, ok := selector.X.(*ast.Ident); ok && slices.Contains(clocks[names[from.Name]], selector.Sel.Name) {
				at := set.Position(selector.Pos())
				found = append(found, filepath.Base(at.Filename)+": "+from.Name+"."+selector.Sel.Name)
			}
		}
		return true
	})
	return found
}
