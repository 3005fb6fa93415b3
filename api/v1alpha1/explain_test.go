package v1alpha1_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"sigs.k8s.io/yaml"

	"tcp-operator.io/test/apiserver"
)

// foreign are fields of Kubernetes' own types: these have the bounds that
// Kubernetes gives them.
var foreign = []string{"spec.pod.resources", "spec.pod.tolerations[]", "spec.pod.affinity", "spec.pod.topologySpreadConstraints[]",
	"spec.networkPolicy.from[]", "spec.networkPolicy.adminFrom[]"}

// maxManifest is the most that kubectl apply can keep in an annotation.
const maxManifest = 262_144

// TestEveryFieldIsExplainedAndBounded: kubectl explain says something of every
// field, and nothing in a resource can grow without end.
func TestEveryFieldIsExplainedAndBounded(t *testing.T) {
	for _, plural := range []string{"tcpservers", "tcpclients"} {
		t.Run(plural, func(t *testing.T) {
			text, err := os.ReadFile(filepath.Join(apiserver.Root(), "config", "crd", "bases", "tcp-operator.io_"+plural+".yaml"))
			if err != nil {
				t.Fatal(err)
			}
			if len(text) >= maxManifest {
				t.Errorf("the CRD has %d bytes, want less than %d", len(text), maxManifest)
			}
			var crd apiextensionsv1.CustomResourceDefinition
			if err := yaml.UnmarshalStrict(text, &crd); err != nil {
				t.Fatal(err)
			}
			walk := walker{t: t}
			for _, version := range crd.Spec.Versions {
				root := version.Schema.OpenAPIV3Schema
				if root.Description == "" {
					t.Errorf("%s has no description", version.Name)
				}
				for _, name := range []string{"spec", "status"} {
					walk.property(name, root.Properties[name])
				}
			}
			if walk.fields < 50 {
				t.Errorf("found only %d fields", walk.fields)
			}
		})
	}
}

type walker struct {
	t      *testing.T
	fields int
}

// property holds that a field is explained, and goes into it.
func (w *walker) property(path string, s apiextensionsv1.JSONSchemaProps) {
	w.fields++
	if strings.TrimSpace(s.Description) == "" {
		w.t.Errorf("%s has no description", path)
	}
	w.value(path, s)
}

// value holds that a value is bounded, and goes into it.
func (w *walker) value(path string, s apiextensionsv1.JSONSchemaProps) {
	if slices.Contains(foreign, path) {
		return
	}
	switch {
	case s.Type == "array":
		if s.MaxItems == nil {
			w.t.Errorf("%s has no maxItems", path)
		}
		w.value(path+"[]", *s.Items.Schema)
	case s.Type == "object" && s.AdditionalProperties != nil:
		if s.MaxProperties == nil {
			w.t.Errorf("%s has no maxProperties", path)
		}
		w.value(path+"{}", *s.AdditionalProperties.Schema)
	case s.Type == "object":
		if s.XPreserveUnknownFields != nil || len(s.Properties) == 0 {
			w.t.Errorf("%s may hold anything", path)
		}
		for name, property := range s.Properties {
			w.property(path+"."+name, property)
		}
	case s.Type == "string":
		if s.MaxLength == nil && len(s.Enum) == 0 && s.Format != "date-time" {
			w.t.Errorf("%s has neither maxLength nor enum", path)
		}
	case s.Type != "integer" && s.Type != "boolean":
		w.t.Errorf("%s is of type %q", path, s.Type)
	}
}
