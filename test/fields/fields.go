// Package fields lists every field of both kinds' specs, with values to try.
package fields

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/runtime"

	"tcp-operator.io/test/crd"
)

// A Kind is one of the custom resources.
type Kind struct {
	Name   string // such as TcpServer
	Schema func() crd.Schema
	// Least is the shortest valid spec.
	Least  string
	fields map[string]Field
}

// The kinds.
var (
	Server = Kind{Name: "TcpServer", Schema: crd.ServerSchema, Least: `{}`, fields: serverFields}
	Client = Kind{Name: "TcpClient", Schema: crd.ClientSchema,
		Least: `{"address":{"host":"old.example.com","port":1}}`, fields: clientFields}
)

// Kinds are all kinds.
func Kinds() []Kind { return []Kind{Server, Client} }

// A Field is one leaf below spec. Values are JSON.
type Field struct {
	Path string // such as limits.sessions; set by Fields
	// At is where values go; empty: Path. It is the list for a field of its
	// items.
	At string
	// Needs is what else has to be said for the field to be allowed, by path;
	// null removes.
	Needs map[string]string
	// Set and Change are two values that nobody gets by default.
	Set, Change string
	// Min and Max are the least and the most that works. Left out, they are
	// the schema's bounds.
	Min, Max string
	// Unset is what takes the field away, by path; nil: null at Path.
	Unset map[string]string
	// Between is what has to be said between two values, by path, where
	// Kubernetes does not let the field change at once.
	Between map[string]string
	// Alone means that the field cannot be set together with all others.
	Alone bool
	// Effect stands in the JSON of the children once Set is set, and does not
	// by default; empty: the children show no difference.
	Effect string
}

// Fields returns the fields of k in the order of their paths. One that is not
// in the tables, or has no values, fails the test.
func (k Kind) Fields(t *testing.T) []Field {
	t.Helper()
	table := maps.Clone(k.fields)
	maps.Copy(table, sharedFields)
	schema := k.Schema().Structural.Properties["spec"]
	leaves := leavesOf("", schema)
	var all []Field
	for _, path := range slices.Sorted(maps.Keys(table)) {
		f := table[path]
		f.Path = path
		leaf, ok := leaves[path]
		if !ok {
			t.Errorf("%s has no field spec.%s", k.Name, path)
			continue
		}
		f.bound(leaf)
		if f.Set == "" || f.Change == "" || f.Min == "" || f.Max == "" {
			t.Errorf("%s: spec.%s lacks a value: set %q, change %q, min %q, max %q", k.Name, path, f.Set, f.Change, f.Min, f.Max)
		}
		all = append(all, f)
	}
	for path := range leaves {
		if _, ok := table[path]; !ok {
			t.Errorf("%s: spec.%s is not in the tables", k.Name, path)
		}
	}
	return all
}

// Spec is the spec with the least that k needs.
func (k Kind) Spec(t *testing.T) map[string]any {
	t.Helper()
	return crd.Decode(t, []byte(k.Least))
}

// Full is a spec that sets every field that can stand beside the others.
func (k Kind) Full(t *testing.T) map[string]any {
	t.Helper()
	spec := k.Spec(t)
	for _, f := range k.Fields(t) {
		if !f.Alone {
			spec = f.With(t, spec, f.Set)
		}
	}
	return spec
}

// With is a copy of spec in which the field has the value.
func (f Field) With(t *testing.T, spec map[string]any, value string) map[string]any {
	t.Helper()
	spec = Put(t, spec, f.Needs)
	return Put(t, spec, map[string]string{f.at(): value})
}

// Without is a copy of spec without the field.
func (f Field) Without(t *testing.T, spec map[string]any) map[string]any {
	t.Helper()
	if f.Unset != nil {
		return Put(t, spec, f.Unset)
	}
	return Put(t, spec, map[string]string{f.at(): "null"})
}

func (f Field) at() string {
	if f.At != "" {
		return f.At
	}
	return f.Path
}

// Put returns a copy of spec with the values, which are JSON, at their paths.
// Null removes what is there.
func Put(t *testing.T, spec map[string]any, values map[string]string) map[string]any {
	t.Helper()
	spec = runtime.DeepCopyJSON(spec)
	for _, path := range slices.Sorted(maps.Keys(values)) {
		put(spec, path, crd.Decode(t, []byte(`{"value":`+values[path]+`}`))["value"])
	}
	return spec
}

func put(spec map[string]any, path string, value any) {
	name, rest, nested := strings.Cut(path, ".")
	if nested {
		inner, ok := spec[name].(map[string]any)
		if !ok && value == nil {
			return
		}
		if !ok {
			inner = map[string]any{}
			spec[name] = inner
		}
		put(inner, rest, value)
		return
	}
	if value == nil {
		delete(spec, name)
		return
	}
	spec[name] = value
}
