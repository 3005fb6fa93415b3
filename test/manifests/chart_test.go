package manifests

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"tcp-operator.io/test/helm"
	"tcp-operator.io/test/kustomize"
)

// template renders the chart into the namespace of config/default.
func template(t *testing.T, values map[string]any) ([]unstructured.Unstructured, error) {
	t.Helper()
	text, err := yaml.Marshal(values)
	if err != nil {
		t.Fatal(err)
	}
	command := helm.Command(t, "template", "tcp-operator", helm.Chart(), "--namespace", "tcp-operator-system", "--values", "-")
	command.Stdin = bytes.NewReader(text)
	var stderr bytes.Buffer
	command.Stderr = &stderr
	out, err := command.Output()
	if err != nil {
		return nil, fmt.Errorf("%w: %s", err, stderr.String())
	}
	return kustomize.Objects(t, out), nil
}

func mustTemplate(t *testing.T, values map[string]any) []unstructured.Unstructured {
	t.Helper()
	all, err := template(t, values)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// helmsOwn are labels and annotations that only a chart has.
var helmsOwn = []string{
	"app.kubernetes.io/instance", "app.kubernetes.io/managed-by", "app.kubernetes.io/name", "app.kubernetes.io/version",
	"helm.sh/chart", "helm.sh/resource-policy",
}

// byName makes what kustomize and Helm render comparable: without what is
// Helm's own, and without the Namespace, which Helm makes by a flag.
func byName(all []unstructured.Unstructured) map[string]map[string]any {
	objects := map[string]map[string]any{}
	for _, o := range all {
		if o.GetKind() == "Namespace" {
			continue
		}
		o.SetLabels(withoutHelmsOwn(o.GetLabels()))
		o.SetAnnotations(withoutHelmsOwn(o.GetAnnotations()))
		objects[strings.Join([]string{o.GetKind(), o.GetNamespace(), o.GetName()}, "/")] = o.Object
	}
	return objects
}

// withoutHelmsOwn returns nil when nothing else is there.
func withoutHelmsOwn(all map[string]string) map[string]string {
	maps.DeleteFunc(all, func(key, _ string) bool { return slices.Contains(helmsOwn, key) })
	if len(all) == 0 {
		return nil
	}
	return all
}

func TestTheChartInstallsWhatKustomizeInstalls(t *testing.T) {
	for _, c := range []struct {
		folder     string
		components []string
		values     map[string]any
	}{
		{"config/default", nil, nil},
		{"config/namespaced", nil, map[string]any{"namespaces": []string{"default"}}},
		{"config/default", []string{"config/ui"}, nest("ui.enabled", true)},
		{"config/default", []string{"config/prometheus"}, map[string]any{"prometheus": map[string]any{
			"managerMonitor": true, "workloadMonitor": true, "alerts": true}}},
	} {
		want, got := byName(kustomize.BuildWith(t, c.folder, c.components...)), byName(mustTemplate(t, c.values))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-kustomize +chart):\n%s", c.folder, diff)
		}
	}
}

// TestAMisspeltValueIsRefused puts a value that is not known beside every
// value that is.
func TestAMisspeltValueIsRefused(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(helm.Chart(), "values.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var values map[string]any
	if err := yaml.UnmarshalStrict(text, &values); err != nil {
		t.Fatal(err)
	}
	places := []map[string]any{{"misspelt": 1}}
	for _, name := range []string{"image", "crds", "ui", "resources", "prometheus"} {
		if _, ok := values[name].(map[string]any); !ok {
			t.Fatalf("there is no group of values %q", name)
		}
		places = append(places, map[string]any{name: map[string]any{"misspelt": 1}})
	}
	for _, values := range places {
		if _, err := template(t, values); err == nil || !strings.Contains(err.Error(), "misspelt") {
			t.Errorf("%v: %v", values, err)
		}
	}
}

// TestEveryValueTakesEffect sets each value of the chart and looks for it in
// what is rendered.
func TestEveryValueTakesEffect(t *testing.T) {
	unset := mustTemplate(t, nil)
	strings := map[string]any{"team": "net"}
	list := func(key, value string) []any { return []any{map[string]any{key: value}} }
	for value, set := range map[string]any{
		"image.registry":            "registry.example:5000/tcp",
		"image.tag":                 "v1.2.3",
		"image.pullPolicy":          "Always",
		"imagePullSecrets":          list("name", "pull"),
		"replicas":                  2,
		"namespaces":                []any{"shop"},
		"snapshotInterval":          "10s",
		"logLevel":                  "debug",
		"crds.enabled":              false,
		"crds.keep":                 false,
		"ui.enabled":                true,
		"resources":                 map[string]any{"limits": map[string]any{"memory": "1Gi"}},
		"podLabels":                 strings,
		"podAnnotations":            strings,
		"nodeSelector":              strings,
		"tolerations":               list("key", "dedicated"),
		"affinity":                  map[string]any{"nodeAffinity": map[string]any{}},
		"topologySpreadConstraints": list("topologyKey", "zone"),
		"priorityClassName":         "system-cluster-critical",
		"prometheus.managerMonitor": true, "prometheus.workloadMonitor": true, "prometheus.alerts": true,
	} {
		if cmp.Equal(unset, mustTemplate(t, nest(value, set))) {
			t.Errorf("%s has no effect", value)
		}
	}
}

// nest turns a.b into {a: {b: value}}.
func nest(path string, value any) map[string]any {
	group, name, nested := strings.Cut(path, ".")
	if !nested {
		return map[string]any{path: value}
	}
	return map[string]any{group: map[string]any{name: value}}
}

// TestTheOperatorFindsItsImages: both come from one registry with one tag.
func TestTheOperatorFindsItsImages(t *testing.T) {
	all := mustTemplate(t, map[string]any{"image": map[string]any{"registry": "registry.example:5000/tcp", "tag": "v1"}})
	manager := kustomize.Named[appsv1.Deployment](t, all, "Deployment", "tcp-operator-system", "tcp-operator-manager")
	container := manager.Spec.Template.Spec.Containers[0]
	got := map[string]string{"manager": container.Image}
	for _, v := range container.Env {
		if v.Name == "WORKLOAD_IMAGE" {
			got["workload"] = v.Value
		}
	}
	want := map[string]string{"manager": "registry.example:5000/tcp/manager:v1", "workload": "registry.example:5000/tcp/workload:v1"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("images (-want +got):\n%s", diff)
	}
}
