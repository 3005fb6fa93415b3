// Package kustomize renders the folders of config as their users do.
package kustomize

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/yaml"

	"tcp-operator.io/test/apiserver"
)

// Build renders a folder, named from the top of the source tree.
func Build(t *testing.T, folder string) []unstructured.Unstructured {
	t.Helper()
	command := exec.CommandContext(t.Context(), "go", "tool", "-modfile=tools.mod", "kustomize", "build", filepath.FromSlash(folder))
	command.Dir = apiserver.Root()
	var stderr bytes.Buffer
	command.Stderr = &stderr
	text, err := command.Output()
	if err != nil {
		t.Fatalf("kustomize build %s: %v\n%s", folder, err, stderr.String())
	}
	return Objects(t, text)
}

// BuildWith renders a folder with components, as a kustomization of its user
// would name them.
func BuildWith(t *testing.T, folder string, components ...string) []unstructured.Unstructured {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	relative := func(folder string) string {
		path, err := filepath.Rel(dir, filepath.Join(apiserver.Root(), filepath.FromSlash(folder)))
		if err != nil {
			t.Fatal(err)
		}
		return path
	}
	components = slices.Clone(components)
	for i, c := range components {
		components[i] = relative(c)
	}
	text := fmt.Sprintf("resources: [%s]\ncomponents: [%s]\n", relative(folder), strings.Join(components, ", "))
	if err := os.WriteFile(filepath.Join(dir, "kustomization.yaml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return Build(t, dir)
}

// Objects are those of a stream of YAML documents.
func Objects(t *testing.T, text []byte) []unstructured.Unstructured {
	t.Helper()
	decoder := yaml.NewYAMLOrJSONDecoder(bytes.NewReader(text), 4096)
	var all []unstructured.Unstructured
	for {
		var o unstructured.Unstructured
		err := decoder.Decode(&o.Object)
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		if o.Object == nil {
			continue // nothing but comments
		}
		all = append(all, o)
	}
}

// Typed turns one object of a build into its Go type.
func Typed[T any](t *testing.T, o unstructured.Unstructured) T {
	t.Helper()
	var into T
	if err := runtime.DefaultUnstructuredConverter.FromUnstructuredWithValidation(o.Object, &into, true); err != nil {
		t.Fatalf("%s %s: %v", o.GetKind(), o.GetName(), err)
	}
	return into
}

// Named is the one object of its kind, namespace and name.
func Named[T any](t *testing.T, all []unstructured.Unstructured, kind, namespace, name string) T {
	t.Helper()
	for _, o := range all {
		if o.GetKind() == kind && o.GetNamespace() == namespace && o.GetName() == name {
			return Typed[T](t, o)
		}
	}
	t.Fatalf("there is no %s %s in namespace %q", kind, name, namespace)
	panic("unreachable")
}
