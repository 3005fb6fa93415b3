package manager

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"tcp-operator.io/controllers"
)

// field is a value inside an object, and where it is.
type field struct {
	pointer string // RFC 6901
	value   any
}

// ownedFields are the values in o that the operator has applied. Owner
// references are left out: who takes the owner away takes the child, and the
// garbage collector deletes it.
func ownedFields(t *testing.T, o *unstructured.Unstructured) []field {
	t.Helper()
	i := slices.IndexFunc(o.GetManagedFields(), func(e metav1.ManagedFieldsEntry) bool {
		return e.Manager == controllers.FieldOwner && e.Operation == metav1.ManagedFieldsOperationApply
	})
	if i < 0 {
		t.Fatalf("%s: the operator owns nothing", o.GetName())
	}
	var set map[string]any
	if err := json.Unmarshal(o.GetManagedFields()[i].FieldsV1.GetRawBytes(), &set); err != nil {
		t.Fatal(err)
	}
	fields := walk(set, o.Object, "")
	return slices.DeleteFunc(fields, func(f field) bool { return strings.HasPrefix(f.pointer, "/metadata/ownerReferences/") })
}

// walk follows a set of fields, in the form of managedFields, through a value.
func walk(set map[string]any, in any, pointer string) []field {
	if len(set) == 0 {
		return values(in, pointer) // owned as a whole
	}
	var all []field
	for name, inner := range set {
		token, value, ok := member(in, name)
		if ok {
			all = append(all, walk(withoutKey(inner.(map[string]any), name), value, pointer+"/"+token)...)
		}
	}
	slices.SortFunc(all, func(a, b field) int { return strings.Compare(a.pointer, b.pointer) })
	return all
}

// withoutKey leaves out what an element of a list is known by: who changes it
// adds an element of their own, which is as foreign as a sidecar.
func withoutKey(set map[string]any, name string) map[string]any {
	text, isElement := strings.CutPrefix(name, "k:")
	var key map[string]any
	if !isElement || json.Unmarshal([]byte(text), &key) != nil {
		return set
	}
	rest := maps.Clone(set)
	for field := range key {
		delete(rest, "f:"+field)
	}
	return rest
}

// member is what a name of a set of fields stands for: a field (f:name) or the
// element of a list with a key (k:{...}).
func member(in any, name string) (token string, value any, ok bool) {
	kind, rest, _ := strings.Cut(name, ":")
	switch container := in.(type) {
	case map[string]any:
		value, ok = container[rest]
		return escape(rest), value, ok && kind == "f"
	case []any:
		var key map[string]any
		if kind != "k" || json.Unmarshal([]byte(rest), &key) != nil {
			return "", nil, false
		}
		i := slices.IndexFunc(container, func(element any) bool { return hasKey(element, key) })
		if i < 0 {
			return "", nil, false
		}
		return strconv.Itoa(i), container[i], true
	}
	return "", nil, false
}

func hasKey(element any, key map[string]any) bool {
	fields, ok := element.(map[string]any)
	for name, want := range key {
		ok = ok && fmt.Sprint(fields[name]) == fmt.Sprint(want)
	}
	return ok
}

// values are those without inner ones.
func values(in any, pointer string) []field {
	var all []field
	switch v := in.(type) {
	case map[string]any:
		for name, inner := range v {
			all = append(all, values(inner, pointer+"/"+escape(name))...)
		}
	case []any:
		for i, inner := range v {
			all = append(all, values(inner, pointer+"/"+strconv.Itoa(i))...)
		}
	default:
		all = append(all, field{pointer, v})
	}
	return all
}

func escape(name string) string { return strings.NewReplacer("~", "~0", "/", "~1").Replace(name) }

// at is the value that a pointer leads to.
func at(in any, pointer string) (any, bool) {
	for _, token := range strings.Split(pointer, "/")[1:] {
		name := strings.NewReplacer("~1", "/", "~0", "~").Replace(token)
		switch container := in.(type) {
		case map[string]any:
			in = container[name]
		case []any:
			i, err := strconv.Atoi(name)
			if err != nil || i >= len(container) {
				return nil, false
			}
			in = container[i]
		default:
			return nil, false
		}
	}
	return in, in != nil
}

// other is a value of the same type.
func other(value any) any {
	switch v := value.(type) {
	case bool:
		return !v
	case int64:
		return v + 1
	case float64:
		return v + 1
	}
	return "drifted"
}
