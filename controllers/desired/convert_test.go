package desired_test

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"testing"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
)

// apiRule is a CEL rule of a schema.
type apiRule = apiextensionsv1.ValidationRule

// convert reads content, which may be wrong, into a new T.
func convert[T any](t *testing.T, content any) *T {
	t.Helper()
	text, err := json.Marshal(content)
	if err != nil {
		t.Fatal(err)
	}
	into := new(T)
	if err := json.Unmarshal(text, into); err != nil {
		t.Fatal(err)
	}
	return into
}

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }
