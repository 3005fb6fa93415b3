package transitions

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"tcp-operator.io/api/v1alpha1"
	"tcp-operator.io/test/fields"
)

// misoperation is something that a person may do to a healthy resource and
// should not. The schema allows it.
type misoperation struct {
	Name string `json:"name"`
	Kind string `json:"kind"`
	// Set are the fields of the spec that are changed, by path.
	Set map[string]any `json:"set,omitempty"`
	// Circumstance of the cluster that makes it a mistake; empty: none.
	Circumstance string `json:"circumstance,omitempty"`
	// PodsFail tells that what is wrong shows only in the pods, which this test
	// plays: they do not become ready.
	PodsFail bool `json:"podsFail,omitempty"`
	// Answer is what the user is told.
	Answer string `json:"answer,omitempty"`
}

// TestNoMistakeIsSilent does everything wrong that the file lists. Each time the
// API server refuses it, or the operator says at once what is wrong; and all is
// as before once it is undone.
func TestNoMistakeIsSilent(t *testing.T) {
	path := filepath.Join("testdata", "misoperations.yaml")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var cases, got []misoperation
	if err := yaml.UnmarshalStrict(text, &cases); err != nil {
		t.Fatal(err)
	}
	resources := map[string]*resource{}
	for _, kind := range fields.Kinds() {
		resources[kind.Name] = newResource(t, kind)
	}
	count := map[string]int{}
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			r := resources[c.Kind]
			r.use(t)
			c.Answer = r.misoperate(c)
		})
		verdict, _, _ := strings.Cut(c.Answer, ":")
		count[verdict]++
		got = append(got, c)
	}
	t.Logf("%d mistakes: %v", len(cases), count)
	if *update {
		writeYAML(t, path, got)
		return
	}
	if diff := cmp.Diff(cases, got); diff != "" {
		t.Errorf("answers differ (-want +got); after a look, go test ./test/transitions -update\n%s", diff)
	}
}

// misoperate makes the mistake and undoes it, and returns what the user is told
// meanwhile.
func (r *resource) misoperate(c misoperation) string {
	r.t.Helper()
	healthy := r.kind.Spec(r.t)
	r.write(healthy)
	r.settle(running)
	before := r.state()
	undo := circumstances[c.Circumstance](r)
	answer := r.answer(c, healthy)
	undo()
	r.write(healthy)
	r.settle(running)
	if diff := cmp.Diff(before, r.state()); diff != "" {
		r.t.Errorf("undone, it is another (-before +after):\n%s", diff)
	}
	return strings.NewReplacer(r.namespace, "namespace", r.clusterIP(), "its address").Replace(answer)
}

// clusterIP is the address that the cluster chose for the Service; a word
// that no answer has where there is none.
func (r *resource) clusterIP() string {
	r.t.Helper()
	var s corev1.Service
	err := server.Client.Get(r.t.Context(), client.ObjectKey{Namespace: r.namespace, Name: name}, &s)
	if client.IgnoreNotFound(err) != nil {
		r.t.Fatal(err)
	}
	if s.Spec.ClusterIP == "" {
		return "-none-"
	}
	return s.Spec.ClusterIP
}

func (r *resource) answer(c misoperation, spec map[string]any) string {
	r.t.Helper()
	f := running
	if c.PodsFail {
		f = failing
	}
	if err := r.try(fields.Put(r.t, spec, asJSON(r.t, c.Set))); err != nil {
		return "API server: " + err.Error()
	}
	conditions := conditionsOf(r.t, r.settle(f))
	for _, name := range []string{v1alpha1.ConditionStalled, v1alpha1.ConditionReconciling} {
		if told := meta.FindStatusCondition(conditions, name); told != nil {
			return fmt.Sprintf("%s: %s: %s", name, told.Reason, told.Message)
		}
	}
	r.t.Error("nobody is told")
	return "silent"
}

func asJSON(t *testing.T, values map[string]any) map[string]string {
	t.Helper()
	out := make(map[string]string, len(values))
	for path, value := range values {
		text, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		out[path] = string(text)
	}
	return out
}

func writeYAML(t *testing.T, path string, content any) {
	t.Helper()
	text, err := yaml.Marshal(content)
	if err == nil {
		err = os.WriteFile(path, text, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}
