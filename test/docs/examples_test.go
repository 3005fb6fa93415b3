package docs_test

import (
	"reflect"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"tcp-operator.io/api/v1alpha1"
	"tcp-operator.io/test/markdown"
)

// TestManifestsDecode: every manifest of ours fits the Go types.
func TestManifestsDecode(t *testing.T) {
	count := 0
	for _, p := range markdown.Pages(t) {
		for _, b := range p.Blocks {
			for document := range strings.SplitSeq(b.Text, "\n---\n") {
				if strings.HasPrefix(b.Language, "y") && strings.Contains("\n"+document, "\napiVersion: tcp-operator.io") {
					count++
					decode(t, p.Path, document)
				}
			}
		}
	}
	if count < 6 {
		t.Errorf("found only %d manifests", count)
	}
}

func decode(t *testing.T, path, document string) {
	t.Helper()
	var head struct{ APIVersion, Kind string }
	if err := yaml.Unmarshal([]byte(document), &head); err != nil {
		t.Errorf("%s: %v in\n%s", path, err, document)
		return
	}
	into := map[string]any{"TcpServer": &v1alpha1.TcpServer{}, "TcpClient": &v1alpha1.TcpClient{}}[head.Kind]
	if into == nil || head.APIVersion != v1alpha1.GroupVersion.String() {
		t.Errorf("%s: there is no kind %s %s", path, head.APIVersion, head.Kind)
		return
	}
	if err := yaml.UnmarshalStrict([]byte(document), into); err != nil {
		t.Errorf("%s: %v in\n%s", path, err, document)
	}
}

// refusal is a case of refused.yaml, which a test holds to a real API server.
type refusal struct {
	Kind   string         `json:"kind"`
	Spec   map[string]any `json:"spec"`
	Answer string         `json:"answer"`
}

// TestAnswersToWrongInput: what a page says of wrong input is what the API
// server says.
func TestAnswersToWrongInput(t *testing.T) {
	var cases []refusal
	if err := yaml.Unmarshal([]byte(read(t, "api/v1alpha1/testdata/refused.yaml")), &cases); err != nil {
		t.Fatal(err)
	}
	for _, k := range kinds {
		for _, row := range rows(section(t, markdown.Read(t, k.page), "Wrong input")) {
			if !answered(t, cases, k.kind, names(row[0])[0], row[1]) {
				t.Errorf("%s: refused.yaml has no case with the spec %s and the answer %s", k.page, row[0], row[1])
			}
		}
	}
}

func answered(t *testing.T, cases []refusal, kind, spec, answer string) bool {
	t.Helper()
	want := map[string]any{}
	if err := yaml.Unmarshal([]byte(spec), &want); err != nil {
		t.Errorf("%s: %v", spec, err)
	}
	for _, c := range cases {
		if c.Kind == kind && reflect.DeepEqual(c.Spec, want) && strings.Contains(c.Answer, answer) {
			return true
		}
	}
	return false
}
