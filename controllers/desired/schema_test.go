package desired_test

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
)

// schema is a kind's CRD as an API server uses it: it fills in defaults and
// refuses what does not fit.
type schema struct {
	structural *structuralschema.Structural
	values     validation.SchemaValidator
	rules      *cel.Validator
}

var (
	serverSchema = sync.OnceValue(func() schema { return loadSchema("tcp-operator.io_tcpservers.yaml") })
	clientSchema = sync.OnceValue(func() schema { return loadSchema("tcp-operator.io_tcpclients.yaml") })
)

func loadSchema(file string) schema {
	text, err := os.ReadFile(filepath.Join("..", "..", "config", "crd", "bases", file))
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
	var s schema
	if s.structural, err = structuralschema.NewStructural(&internal); err != nil {
		panic(err)
	}
	if s.values, _, err = validation.NewSchemaValidator(&internal); err != nil {
		panic(err)
	}
	s.rules = cel.NewValidator(s.structural, true, celconfig.PerCallLimit)
	return s
}

// complete fills the defaults into object, which is JSON or YAML, and fails
// the test if the schema refuses it.
func (s schema) complete(t *testing.T, object []byte, into any) {
	t.Helper()
	content := decode(t, object)
	if refusal := s.refusal(t, content); refusal != "" {
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

// refusal fills the defaults into content and says what is wrong with it;
// empty when nothing is.
func (s schema) refusal(t *testing.T, content map[string]any) string {
	t.Helper()
	defaulting.Default(content, s.structural)
	wrong := validation.ValidateCustomResource(nil, content, s.values)
	if len(wrong) == 0 {
		wrong, _ = s.rules.Validate(t.Context(), nil, s.structural, content, nil, celconfig.RuntimeCELCostBudget)
	}
	if len(wrong) == 0 {
		return ""
	}
	return wrong.ToAggregate().Error()
}

// decode reads JSON or YAML with whole numbers as int64, as an API server does.
func decode(t *testing.T, text []byte) map[string]any {
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

const (
	classicServer = `{"metadata": {"name": "greeter", "namespace": "default", "uid": "11"}, "spec": {}}`
	classicClient = `{"metadata": {"name": "caller", "namespace": "default", "uid": "22"}, "spec": {"serverRef": {"name": "greeter"}}}`
)

// server is what an API server would store for the manifest.
func server(t *testing.T, manifest string) *v1alpha1.TcpServer {
	t.Helper()
	var cr v1alpha1.TcpServer
	serverSchema().complete(t, []byte(manifest), &cr)
	return &cr
}

// client is what an API server would store for the manifest.
func client(t *testing.T, manifest string) *v1alpha1.TcpClient {
	t.Helper()
	var cr v1alpha1.TcpClient
	clientSchema().complete(t, []byte(manifest), &cr)
	return &cr
}
