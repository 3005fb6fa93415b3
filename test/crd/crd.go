// Package crd uses the shipped CRDs as an API server does, in process: it fills
// in defaults and refuses what does not fit.
package crd

import (
	"encoding/json"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	structuralschema "k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/defaulting"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	utiljson "k8s.io/apimachinery/pkg/util/json"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
	"sigs.k8s.io/yaml"

	"tcp-operator.io/api/v1alpha1"
	"tcp-operator.io/test/apiserver"
)

// A Schema is that of one kind.
type Schema struct {
	Structural *structuralschema.Structural

	values validation.SchemaValidator
	rules  *cel.Validator
}

// ServerSchema and ClientSchema are read once.
var (
	ServerSchema = sync.OnceValue(func() Schema { return load("tcp-operator.io_tcpservers.yaml") })
	ClientSchema = sync.OnceValue(func() Schema { return load("tcp-operator.io_tcpclients.yaml") })
)

func load(file string) Schema {
	text, err := os.ReadFile(filepath.Join(apiserver.Root(), "config", "crd", "bases", file))
	if err != nil {
		panic(err)
	}
	var crd apiextensionsv1.CustomResourceDefinition
	if err := yaml.UnmarshalStrict(text, &crd); err != nil {
		panic(err)
	}
	var internal apiextensions.JSONSchemaProps
	published := crd.Spec.Versions[0].Schema.OpenAPIV3Schema
	if err := apiextensionsv1.Convert_v1_JSONSchemaProps_To_apiextensions_JSONSchemaProps(published, &internal, nil); err != nil {
		panic(err)
	}
	var s Schema
	if s.Structural, err = structuralschema.NewStructural(&internal); err != nil {
		panic(err)
	}
	if s.values, _, err = validation.NewSchemaValidator(&internal); err != nil {
		panic(err)
	}
	s.rules = cel.NewValidator(s.Structural, true, celconfig.PerCallLimit)
	return s
}

// Complete fills the defaults into object, which is JSON or YAML, and fails
// the test if the schema refuses it.
func (s Schema) Complete(t *testing.T, object []byte, into any) {
	t.Helper()
	content := Decode(t, object)
	if refusal := s.Refusal(t, content); refusal != "" {
		t.Fatalf("the schema refuses %s: %s", object, refusal)
	}
	text, err := json.Marshal(content)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, into); err != nil {
		t.Fatal(err)
	}
}

// Refusal fills the defaults into content and says what is wrong with it;
// empty when nothing is.
func (s Schema) Refusal(t *testing.T, content map[string]any) string {
	t.Helper()
	defaulting.Default(content, s.Structural)
	wrong := validation.ValidateCustomResource(nil, content, s.values)
	if len(wrong) == 0 {
		wrong, _ = s.rules.Validate(t.Context(), nil, s.Structural, content, nil, celconfig.RuntimeCELCostBudget)
	}
	if len(wrong) == 0 {
		return ""
	}
	return wrong.ToAggregate().Error()
}

// Decode reads JSON or YAML with whole numbers as int64, as an API server does.
func Decode(t *testing.T, text []byte) map[string]any {
	t.Helper()
	asJSON, err := yaml.YAMLToJSON(text)
	if err != nil {
		t.Fatal(err)
	}
	var content map[string]any
	if err := utiljson.Unmarshal(asJSON, &content); err != nil {
		t.Fatal(err)
	}
	return content
}

// Server is what an API server would store for the manifest.
func Server(t *testing.T, manifest string) *v1alpha1.TcpServer {
	t.Helper()
	var cr v1alpha1.TcpServer
	ServerSchema().Complete(t, []byte(manifest), &cr)
	return &cr
}

// Client is what an API server would store for the manifest.
func Client(t *testing.T, manifest string) *v1alpha1.TcpClient {
	t.Helper()
	var cr v1alpha1.TcpClient
	ClientSchema().Complete(t, []byte(manifest), &cr)
	return &cr
}
