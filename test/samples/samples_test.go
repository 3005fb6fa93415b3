// Package samples holds config/samples: a real API server takes every
// manifest, every field of both kinds is shown by one, and each says what to
// expect.
package samples

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"tcp-operator.io/api/v1alpha1"
	"tcp-operator.io/test/apiserver"
	"tcp-operator.io/test/fields"
	"tcp-operator.io/test/kustomize"
)

var server apiserver.Server

func TestMain(m *testing.M) {
	os.Exit(apiserver.Run(m, func(s apiserver.Server) { server = s }))
}

// manifest is one document of a file.
type manifest struct {
	file string // from config/samples
	text string
	unstructured.Unstructured
}

// manifests are those of every file below config/samples, save what only
// kustomize reads.
func manifests(t *testing.T) []manifest {
	t.Helper()
	top := filepath.Join(apiserver.Root(), "config", "samples")
	var all []manifest
	err := filepath.WalkDir(top, func(path string, d fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".yaml" || d.Name() == "kustomization.yaml" {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		file, err := filepath.Rel(top, path)
		for document := range bytes.SplitSeq(text, []byte("\n---\n")) {
			for _, o := range kustomize.Objects(t, document) {
				all = append(all, manifest{file, string(document), o})
			}
		}
		return err
	})
	if err != nil || len(all) < 20 {
		t.Fatalf("found %d samples (%v)", len(all), err)
	}
	return all
}

func (m manifest) isOurs() bool {
	return m.GroupVersionKind().GroupVersion() == v1alpha1.GroupVersion
}

// TestEveryFieldHasASample walks the schemas.
func TestEveryFieldHasASample(t *testing.T) {
	all := manifests(t)
	for _, kind := range fields.Kinds() {
		for _, f := range kind.Fields(t) {
			shown := slices.ContainsFunc(all, func(m manifest) bool {
				return m.isOurs() && m.GetKind() == kind.Name && has(m.Object["spec"], strings.Split(f.Path, "."))
			})
			if !shown {
				t.Errorf("no %s in config/samples has spec.%s", kind.Name, f.Path)
			}
		}
	}
}

// has says whether there is something at path; of a list, in any item.
func has(value any, path []string) bool {
	if list, ok := value.([]any); ok && len(path) > 0 {
		return slices.ContainsFunc(list, func(item any) bool { return has(item, path) })
	}
	if len(path) == 0 {
		return value != nil
	}
	object, _ := value.(map[string]any)
	return has(object[path[0]], path[1:])
}

func TestEverySampleSaysWhatToExpect(t *testing.T) {
	for _, m := range manifests(t) {
		if m.isOurs() && !strings.Contains(m.text, "# Expect: ") {
			t.Errorf("%s: the comment on %s does not say what to expect", m.file, m.GetName())
		}
	}
}

// foreign are the groups whose kinds the test's API server does not know.
var foreign = []string{"argoproj.io", "kustomize.toolkit.fluxcd.io", "source.toolkit.fluxcd.io"}

// TestSamplesAreAccepted asks a real API server, which stores nothing.
func TestSamplesAreAccepted(t *testing.T) {
	namespace := server.Namespace(t)
	asked := 0
	for _, m := range manifests(t) {
		if slices.Contains(foreign, m.GroupVersionKind().Group) {
			continue
		}
		asked++
		if err := dryRun(t, m.Unstructured, namespace); err != nil {
			t.Errorf("%s: %v", m.file, err)
		}
	}
	t.Logf("%d manifests are accepted", asked)
}

// TestScenariosAreAccepted does the same for what kustomize makes of the
// folders.
func TestScenariosAreAccepted(t *testing.T) {
	namespace := server.Namespace(t)
	for _, folder := range kustomizations(t) {
		for _, o := range kustomize.Build(t, folder) {
			if err := dryRun(t, o, namespace); err != nil {
				t.Errorf("%s: %v", folder, err)
			}
		}
	}
}

// kustomizations are the folders below config/samples that kustomize renders.
func kustomizations(t *testing.T) []string {
	t.Helper()
	var all []string
	err := filepath.WalkDir(filepath.Join(apiserver.Root(), "config", "samples"), func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Name() == "kustomization.yaml" {
			var folder string
			folder, err = filepath.Rel(apiserver.Root(), filepath.Dir(path))
			all = append(all, filepath.ToSlash(folder))
		}
		return err
	})
	if err != nil || len(all) < 5 {
		t.Fatalf("found %d kustomizations (%v)", len(all), err)
	}
	return all
}

// dryRun asks as kubectl does: a field that is not known is an error.
func dryRun(t *testing.T, o unstructured.Unstructured, namespace string) error {
	t.Helper()
	mapping, err := server.Client.RESTMapper().RESTMapping(o.GroupVersionKind().GroupKind(), o.GroupVersionKind().Version)
	if err != nil {
		return err
	}
	if mapping.Scope.Name() == meta.RESTScopeNameNamespace {
		o.SetNamespace(namespace)
	}
	return server.Client.Create(t.Context(), &o, client.DryRunAll, client.FieldValidation("Strict"))
}

// TestGitOpsPathsExist: what Argo CD and Flux are sent to is in the tree.
func TestGitOpsPathsExist(t *testing.T) {
	found := kustomizations(t)
	count := 0
	for _, m := range manifests(t) {
		for _, at := range [][]string{{"spec", "source", "path"}, {"spec", "path"}} {
			path, ok, err := unstructured.NestedString(m.Object, at...)
			if !ok || err != nil {
				continue
			}
			count++
			if !slices.Contains(found, strings.TrimPrefix(path, "./")) {
				t.Errorf("%s: %s is no folder with a kustomization", m.file, path)
			}
		}
	}
	if count < 3 {
		t.Errorf("found only %d paths", count)
	}
}
