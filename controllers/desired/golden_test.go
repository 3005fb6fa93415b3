package desired_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	structuralschema "k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"sigs.k8s.io/yaml"

	"tcp-operator.io/api/v1alpha1"
	"tcp-operator.io/controllers/desired"
	"tcp-operator.io/test/crd"
	"tcp-operator.io/workload/spec"
)

var update = flag.Bool("update", false, "rewrite the golden files")

var (
	defaults = desired.Defaults{WorkloadImage: "example.org/tcp-workload:1", OperatorNamespace: "tcp-operator-system"}
	greeter  = spec.Address{Host: "greeter.default.svc", Port: 9527}
)

// TestChildren compares the children of testdata/NAME.yaml with
// testdata/NAME.golden.yaml.
func TestChildren(t *testing.T) {
	manifests, err := filepath.Glob(filepath.Join("testdata", "*.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range manifests {
		if strings.HasSuffix(path, ".golden.yaml") {
			continue
		}
		t.Run(strings.TrimSuffix(filepath.Base(path), ".yaml"), func(t *testing.T) {
			compareWithGolden(t, strings.TrimSuffix(path, ".yaml")+".golden.yaml", childrenOf(t, manifest(t, path)))
		})
	}
}

func manifest(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// childrenOf renders the children as YAML, the Deployment last.
func childrenOf(t *testing.T, manifest string) []byte {
	t.Helper()
	if decode(t, []byte(manifest))["kind"] == v1alpha1.ServerKind.Kind {
		children, err := desired.Server(server(t, manifest), defaults)
		if err != nil {
			t.Fatal(err)
		}
		return documents(t, children.Service, children.NetworkPolicy, children.DisruptionBudget, children.Deployment)
	}
	cr := client(t, manifest)
	target := greeter
	if cr.Spec.Address != nil {
		target = spec.Address{Host: cr.Spec.Address.Host, Port: cr.Spec.Address.Port}
	}
	children, err := desired.Client(cr, target, defaults)
	if err != nil {
		t.Fatal(err)
	}
	return documents(t, children.NetworkPolicy, children.DisruptionBudget, children.Deployment)
}

// documents renders objects; those that are nil should not be.
func documents(t *testing.T, objects ...any) []byte {
	t.Helper()
	var all [][]byte
	for _, o := range objects {
		if reflect.ValueOf(o).IsNil() {
			continue
		}
		text, err := yaml.Marshal(o)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, text)
	}
	return bytes.Join(all, []byte("---\n"))
}

func compareWithGolden(t *testing.T, path string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s differs (-want +got); after a look, go test ./controllers/desired -update\n%s", path, diff)
	}
}

// TestFullManifestsSetEveryField keeps the full manifests full: a new field of
// the API must appear in a golden file.
func TestFullManifestsSetEveryField(t *testing.T) {
	for name, c := range map[string]struct {
		schema crd.Schema
		left   []string // what cannot be set together with the rest
	}{
		"server-full": {serverSchema(), []string{}},
		"client-full": {clientSchema(), []string{"spec.serverRef"}},
	} {
		t.Run(name, func(t *testing.T) {
			content := decode(t, []byte(manifest(t, filepath.Join("testdata", name+".yaml"))))
			spec := c.schema.Structural.Properties["spec"]
			missing := unset("spec", &spec, content["spec"])
			if diff := cmp.Diff(c.left, missing); diff != "" {
				t.Errorf("fields that are not set (-want +got):\n%s", diff)
			}
		})
	}
}

// unset returns the fields of our own API that value does not set; fields
// whose types are those of Kubernetes count as a whole.
func unset(path string, s *structuralschema.Structural, value any) []string {
	missing := []string{}
	object, _ := value.(map[string]any)
	for _, name := range sortedKeys(s.Properties) {
		field := s.Properties[name]
		at := path + "." + name
		if _, ok := object[name]; !ok {
			missing = append(missing, at)
		} else if at != "spec.pod.resources" && at != "spec.pod.affinity" {
			missing = append(missing, unset(at, &field, object[name])...)
		}
	}
	return missing
}

func TestTheClassicPairHasTheWorkloadsDefaults(t *testing.T) {
	fromServer, err := desired.Server(server(t, classicServer), defaults)
	if err != nil {
		t.Fatal(err)
	}
	want := spec.DefaultServer()
	if diff := cmp.Diff(want, settings(t, fromServer.Deployment, spec.ParseServer)); diff != "" {
		t.Errorf("server (-workload's default +schema's default):\n%s", diff)
	}
	fromClient, err := desired.Client(client(t, classicClient), greeter, defaults)
	if err != nil {
		t.Fatal(err)
	}
	wantClient := spec.DefaultClient()
	wantClient.Address = greeter
	if diff := cmp.Diff(wantClient, settings(t, fromClient.Deployment, spec.ParseClient)); diff != "" {
		t.Errorf("client (-workload's default +schema's default):\n%s", diff)
	}
}

// TestSettingsNameEveryField holds that nothing is left to the workload's
// defaults, so that a change of those never differs from what the schema says.
func TestSettingsNameEveryField(t *testing.T) {
	children, err := desired.Server(server(t, classicServer), defaults)
	if err != nil {
		t.Fatal(err)
	}
	complete, err := json.Marshal(spec.DefaultServer())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(complete), settingsText(t, children.Deployment)); diff != "" {
		t.Errorf("settings (-complete +rendered):\n%s", diff)
	}
}
