// Package security holds what is promised about it: what pods may do, what the
// operator may, who reaches whom, and that nothing from outside is taken for
// more than data.
package security

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"pgregory.net/rapid"

	"tcp-operator.io/api/v1alpha1"
	"tcp-operator.io/controllers/desired"
	"tcp-operator.io/test/fields"
	"tcp-operator.io/workload/spec"
)

var (
	defaults = desired.Defaults{WorkloadImage: "example.org/workload:1", OperatorNamespace: "tcp-operator-system"}
	greeter  = spec.Address{Host: "greeter.default.svc", Port: 9527}
)

// deploymentOf is what the operator makes of a spec; nil where the API server
// would refuse it.
func deploymentOf(t *testing.T, kind fields.Kind, spec map[string]any) *appsv1.Deployment {
	t.Helper()
	content := map[string]any{
		"metadata": map[string]any{"name": "it", "namespace": "default", "uid": "1"},
		"spec":     runtime.DeepCopyJSON(spec),
	}
	if kind.Schema().Refusal(t, content) != "" {
		return nil
	}
	var err error
	var made any
	if kind.Name == v1alpha1.ServerKind.Kind {
		var children desired.ServerChildren
		children, err = desired.Server(as[v1alpha1.TcpServer](t, content), defaults)
		made = children.Deployment
	} else {
		var children desired.ClientChildren
		children, err = desired.Client(as[v1alpha1.TcpClient](t, content), greeter, defaults)
		made = children.Deployment
	}
	if err != nil {
		t.Fatalf("the schema takes %v, the operator does not: %v", spec, err)
	}
	return as[appsv1.Deployment](t, made)
}

// as reads content into a T, by way of JSON.
func as[T any](t *testing.T, content any) *T {
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

// valuesOf are values to try for a field, as JSON: the usual ones, its bounds,
// and such as mean something elsewhere. What the schema does not take is
// refused, and makes no pods.
func valuesOf(f fields.Field) []string {
	values := []string{f.Set, f.Change, f.Min, f.Max}
	switch f.Set[0] {
	case '"':
		values = append(values, `"$(KUBERNETES_SERVICE_HOST)"`, `"a b\n\u001b[31m\u0000"`, `"default"`)
	case '{':
		values = append(values,
			`{"container.apparmor.security.beta.kubernetes.io/workload": "unconfined"}`,
			`{"container.apparmor.security.beta.kubernetes.io/workload": "localhost/own"}`,
			`{"seccomp.security.alpha.kubernetes.io/pod": "unconfined", "container.seccomp.security.alpha.kubernetes.io/workload": "unconfined"}`,
			`{"pod-security.kubernetes.io/enforce": "privileged"}`,
			`{"kubernetes.io/os": "windows"}`)
	}
	return slices.DeleteFunc(values, func(value string) bool { return value == "" })
}

// everyDeployment looks for problems in what the operator makes of: every
// value of every field, set alone and beside all other fields; a value of
// every two fields; and values of many fields by chance.
func everyDeployment(t *testing.T, problems func(d *appsv1.Deployment) []string) (seen int) {
	for _, kind := range fields.Kinds() {
		t.Run(kind.Name, func(t *testing.T) {
			try := func(r rapid.TB, spec map[string]any, how ...string) bool {
				d := deploymentOf(t, kind, spec)
				if d == nil {
					return false
				}
				seen++
				for _, problem := range problems(d) {
					r.Errorf("%s: %s", strings.Join(how, " "), problem)
				}
				return true
			}
			least, full, all := kind.Spec(t), kind.Full(t), kind.Fields(t)
			for i, f := range all {
				taken := false
				for _, value := range valuesOf(f) {
					alone, beside := try(t, f.With(t, least, value), f.Path, value), try(t, f.With(t, full, value), f.Path, value)
					taken = taken || alone || beside
				}
				if !taken {
					t.Errorf("no value was found that spec.%s takes", f.Path)
				}
				for j, other := range all[:i] {
					a, b := valuesOf(f), valuesOf(other)
					first, second := a[j%len(a)], b[i%len(b)]
					try(t, other.With(t, f.With(t, least, first), second), f.Path, first, "and", other.Path, second)
				}
			}
			if t.Failed() {
				return // rapid.Check refuses to begin
			}
			rapid.Check(t, func(r *rapid.T) {
				spec := rapid.SampledFrom([]map[string]any{least, full}).Draw(r, "from")
				for _, i := range rapid.SliceOfNDistinct(rapid.IntRange(0, len(all)-1), 3, 9, rapid.ID).Draw(r, "fields") {
					spec = all[i].With(t, spec, rapid.SampledFrom(valuesOf(all[i])).Draw(r, all[i].Path))
				}
				try(r, spec, "many fields")
			})
		})
	}
	return seen
}
