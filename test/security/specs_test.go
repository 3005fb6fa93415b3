// Package security holds what is promised about it: what pods may do, what the
// operator may, who reaches whom, and that nothing from outside is taken for
// more than data.
package security

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	structuralschema "k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"pgregory.net/rapid"

	"tcp-operator.io/api/v1alpha1"
	"tcp-operator.io/controllers/desired"
	"tcp-operator.io/test/apiserver"
	"tcp-operator.io/test/crd"
	"tcp-operator.io/workload/spec"
)

var (
	defaults = desired.Defaults{WorkloadImage: "example.org/workload:1", OperatorNamespace: "tcp-operator-system"}
	greeter  = spec.Address{Host: "greeter.default.svc", Port: 9527}
)

// A kind is one of ours, with two specs to begin from: the least that the
// schema takes, and one that sets every field.
type kind struct {
	schema   crd.Schema
	specs    []map[string]any
	children func(*testing.T, map[string]any) (*appsv1.Deployment, error)
}

func kinds(t *testing.T) map[string]kind {
	t.Helper()
	return map[string]kind{
		"TcpServer": {crd.ServerSchema(), []map[string]any{{}, fullSpec(t, "server-full.yaml")}, serverDeployment},
		"TcpClient": {crd.ClientSchema(), []map[string]any{
			{"serverRef": map[string]any{"name": "greeter"}}, fullSpec(t, "client-full.yaml"),
		}, clientDeployment},
	}
}

// fullSpec is one that sets every field; a test beside the file holds that.
func fullSpec(t *testing.T, file string) map[string]any {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(apiserver.Root(), "controllers", "desired", "testdata", file))
	if err != nil {
		t.Fatal(err)
	}
	return crd.Decode(t, text)["spec"].(map[string]any)
}

func serverDeployment(t *testing.T, content map[string]any) (*appsv1.Deployment, error) {
	t.Helper()
	var cr v1alpha1.TcpServer
	copyInto(t, content, &cr)
	children, err := desired.Server(&cr, defaults)
	if err != nil {
		return nil, err
	}
	var d appsv1.Deployment
	copyInto(t, children.Deployment, &d)
	return &d, nil
}

func clientDeployment(t *testing.T, content map[string]any) (*appsv1.Deployment, error) {
	t.Helper()
	var cr v1alpha1.TcpClient
	copyInto(t, content, &cr)
	children, err := desired.Client(&cr, greeter, defaults)
	if err != nil {
		return nil, err
	}
	var d appsv1.Deployment
	copyInto(t, children.Deployment, &d)
	return &d, nil
}

func copyInto(t *testing.T, from, into any) {
	t.Helper()
	text, err := json.Marshal(from)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, into); err != nil {
		t.Fatal(err)
	}
}

// deployment is what the operator makes of a spec; nil where the API server
// would refuse it.
func (k kind) deployment(t *testing.T, spec map[string]any) *appsv1.Deployment {
	t.Helper()
	content := map[string]any{
		"metadata": map[string]any{"name": "it", "namespace": "default", "uid": "1"},
		"spec":     runtime.DeepCopyJSON(spec),
	}
	if k.schema.Refusal(t, content) != "" {
		return nil
	}
	d, err := k.children(t, content)
	if err != nil {
		t.Fatalf("the schema takes %v, the operator does not: %v", spec, err)
	}
	return d
}

// A choice is a value for a field.
type choice struct {
	path  string
	value any
}

func (c choice) String() string { return fmt.Sprintf("spec.%s %q", c.path, fmt.Sprint(c.value)) }

func (c choice) in(spec map[string]any) map[string]any {
	out := runtime.DeepCopyJSON(spec)
	// Fails only within what is no object, where the schema refuses the rest.
	_ = unstructured.SetNestedField(out, runtime.DeepCopyJSONValue(c.value), strings.Split(c.path, ".")...)
	return out
}

// everyDeployment looks for problems in what the operator makes of: every
// value of every field, set alone and beside all other fields; a value of
// every two fields; and values of many fields by chance.
func everyDeployment(t *testing.T, problems func(d *appsv1.Deployment) []string) (seen int) {
	for name, k := range kinds(t) {
		t.Run(name, func(t *testing.T) {
			try := func(r rapid.TB, how string, spec map[string]any) (taken bool) {
				d := k.deployment(t, spec)
				if d == nil {
					return false
				}
				seen++
				for _, problem := range problems(d) {
					r.Errorf("%s: %s", how, problem)
				}
				return true
			}
			byField := k.choices(t)
			fields := slices.Sorted(maps.Keys(byField))
			for i, field := range fields {
				taken := false
				for _, c := range byField[field] {
					for _, spec := range k.specs {
						taken = try(t, c.String(), c.in(spec)) || taken
					}
				}
				if !taken {
					t.Errorf("no value was found that spec.%s takes", field)
				}
				for j, other := range fields[:i] {
					a, b := byField[field][j%len(byField[field])], byField[other][i%len(byField[other])]
					try(t, a.String()+" and "+b.String(), b.in(a.in(k.specs[0])))
				}
			}
			if t.Failed() {
				return
			}
			rapid.Check(t, func(r *rapid.T) {
				spec := rapid.SampledFrom(k.specs).Draw(r, "from")
				for _, field := range rapid.SliceOfNDistinct(rapid.SampledFrom(fields), 3, 9, rapid.ID).Draw(r, "fields") {
					spec = rapid.SampledFrom(byField[field]).Draw(r, field).in(spec)
				}
				try(r, "many fields", spec)
			})
		})
	}
	return seen
}

// choices are values to try, by field.
func (k kind) choices(t *testing.T) map[string][]choice {
	t.Helper()
	all := map[string][]choice{}
	var walk func(path string, s *structuralschema.Structural)
	walk = func(path string, s *structuralschema.Structural) {
		if values := valuesOf(path, s); len(values) > 0 {
			for _, value := range values {
				all[path] = append(all[path], choice{path, value})
			}
			return
		}
		if len(s.Properties) == 0 {
			t.Errorf("spec.%s: no values to try", path)
		}
		for name := range s.Properties {
			field := s.Properties[name]
			walk(strings.TrimPrefix(path+"."+name, "."), &field)
		}
	}
	spec := k.schema.Structural.Properties["spec"]
	walk("", &spec)
	return all
}

// valuesOf are values to try for a field: what the schema does not take is
// refused and makes no pods.
func valuesOf(path string, s *structuralschema.Structural) []any {
	if values, ok := ofKubernetes[path]; ok {
		return values
	}
	switch {
	case s.ValueValidation != nil && len(s.ValueValidation.Enum) > 0:
		return enum(s)
	case s.Type == "integer":
		return []any{int64(*s.ValueValidation.Minimum), int64(7), int64(*s.ValueValidation.Maximum)}
	case s.Type == "string":
		return texts
	case s.Type == "object" && s.AdditionalProperties != nil:
		return metadata
	case s.Type == "array" && s.Items.Type == "string":
		return []any{enum(s.Items)}
	case s.Type == "array":
		return []any{[]any{map[string]any{"name": "x"}}}
	}
	return nil
}

func enum(s *structuralschema.Structural) (values []any) {
	for _, value := range s.ValueValidation.Enum {
		values = append(values, value.Object)
	}
	return values
}

// texts are tried on every field that is text, whatever it means.
var texts = []any{"", "x", "10.0.0.7", "fd00::7", "0s", "10ms", "7s", "1m", "1h", "$(KUBERNETES_SERVICE_HOST)", "default", "a b\n\x1b[31m\x00"}

// metadata are labels, annotations and selectors, some of which mean something
// to Kubernetes.
var metadata = []any{
	map[string]any{"team": "red"},
	map[string]any{"container.apparmor.security.beta.kubernetes.io/workload": "unconfined"},
	map[string]any{"container.apparmor.security.beta.kubernetes.io/workload": "localhost/own"},
	map[string]any{"seccomp.security.alpha.kubernetes.io/pod": "unconfined", "container.seccomp.security.alpha.kubernetes.io/workload": "unconfined"},
	map[string]any{"pod-security.kubernetes.io/enforce": "privileged"},
	map[string]any{"kubernetes.io/os": "windows"},
}

// ofKubernetes are values of fields whose types are those of Kubernetes.
var ofKubernetes = map[string][]any{
	"pod.resources": objects(
		`{"limits": {"cpu": "2", "memory": "99Mi", "example.com/gpu": "1"}}`,
		`{"requests": {"cpu": "1m"}, "claims": [{"name": "device"}]}`),
	"pod.tolerations": {list(`{"operator": "Exists"}`, `{"key": "spot", "effect": "NoExecute", "tolerationSeconds": 7}`)},
	"pod.affinity": objects(
		`{"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [{"topologyKey": "rack", "labelSelector": {}}]}}`,
		`{"podAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 1, "podAffinityTerm": {"topologyKey": "zone"}}]}}`),
	"pod.topologySpreadConstraints": {list(`{"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule"}`)},
	"networkPolicy.from":            {list(`{"ipBlock": {"cidr": "10.8.0.0/16"}}`)},
	"networkPolicy.adminFrom":       {list(`{"namespaceSelector": {}}`)},
}

func list(all ...string) []any { return objects(all...) }

func objects(all ...string) (out []any) {
	for _, text := range all {
		var object map[string]any
		if err := json.Unmarshal([]byte(text), &object); err != nil {
			panic(err)
		}
		out = append(out, object)
	}
	return out
}
