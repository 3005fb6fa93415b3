package v1alpha1_test

import (
	"flag"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// refusal is a wrong manifest and the API server's answer to it.
type refusal struct {
	Name     string         `json:"name"`
	Kind     string         `json:"kind"`
	Metadata map[string]any `json:"metadata,omitempty"`
	Spec     map[string]any `json:"spec"`
	// Answer names the field and what to write instead.
	Answer string `json:"answer,omitempty"`
}

// TestRefused holds the answers to wrong input: what `kubectl apply` prints.
func TestRefused(t *testing.T) {
	namespace := server.Namespace(t)
	path := filepath.Join("testdata", "refused.yaml")
	cases := read(t, path)
	got := make([]refusal, 0, len(cases))
	for _, c := range cases {
		c.Answer = answer(t, c, namespace)
		if strings.Contains(c.Answer, "failed rule") {
			t.Errorf("%s: the answer gives no remedy: %s", c.Name, c.Answer)
		}
		got = append(got, c)
	}
	if *update {
		write(t, path, got)
		return
	}
	if diff := cmp.Diff(cases, got); diff != "" {
		t.Errorf("answers differ (-want +got); after a look, go test ./api/... -update\n%s", diff)
	}
}

func answer(t *testing.T, c refusal, namespace string) string {
	t.Helper()
	o := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "tcp-operator.io/v1alpha1",
		"kind":       c.Kind,
		"metadata":   map[string]any{"name": "wrong"},
		"spec":       c.Spec,
	}}
	maps.Copy(o.Object["metadata"].(map[string]any), c.Metadata)
	o.SetNamespace(namespace)
	err := server.Client.Create(t.Context(), o, client.FieldValidation(metav1.FieldValidationStrict))
	if err == nil {
		t.Errorf("%s: was accepted", c.Name)
		_ = server.Client.Delete(t.Context(), o)
		return ""
	}
	return err.Error()
}

func read(t *testing.T, path string) []refusal {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var cases []refusal
	if err := yaml.UnmarshalStrict(text, &cases); err != nil {
		t.Fatal(err)
	}
	return cases
}

func write(t *testing.T, path string, cases []refusal) {
	t.Helper()
	text, err := yaml.Marshal(cases)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, text, 0o644); err != nil {
		t.Fatal(err)
	}
}
