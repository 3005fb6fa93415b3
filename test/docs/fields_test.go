package docs_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"sigs.k8s.io/yaml"

	"tcp-operator.io/test/markdown"
)

// kinds are the pages of the kinds and their CRDs.
var kinds = []struct{ kind, page, crd string }{
	{"TcpServer", "docs/tcpserver.md", "config/crd/bases/tcp-operator.io_tcpservers.yaml"},
	{"TcpClient", "docs/tcpclient.md", "config/crd/bases/tcp-operator.io_tcpclients.yaml"},
}

// field is one field of a spec.
type field struct {
	path     string
	schema   apiextensionsv1.JSONSchemaProps
	required bool
}

// TestFieldsAreExplained: the table of a page's section Spec has one row for
// each field, with its default and its bounds.
func TestFieldsAreExplained(t *testing.T) {
	for _, k := range kinds {
		t.Run(k.kind, func(t *testing.T) {
			explained := map[string][]string{}
			for _, row := range rows(section(t, markdown.Read(t, k.page), "Spec")) {
				explained[names(row[0])[0]] = row
			}
			for _, f := range fields("", specOf(t, k.crd), false) {
				row, ok := explained[f.path]
				if !ok {
					t.Errorf("%s: %s is missing", k.page, f.path)
					continue
				}
				delete(explained, f.path)
				checkRow(t, f, row)
			}
			for path := range explained {
				t.Errorf("%s: there is no field %s", k.page, path)
			}
		})
	}
}

func specOf(t *testing.T, path string) apiextensionsv1.JSONSchemaProps {
	t.Helper()
	var crd apiextensionsv1.CustomResourceDefinition
	if err := yaml.UnmarshalStrict([]byte(read(t, path)), &crd); err != nil {
		t.Fatal(err)
	}
	return crd.Spec.Versions[0].Schema.OpenAPIV3Schema.Properties["spec"]
}

// opaque are fields whose inside is Kubernetes' own.
var opaque = []string{"networkPolicy.adminFrom", "networkPolicy.from", "pod.affinity", "pod.resources", "pod.tolerations", "pod.topologySpreadConstraints"}

// fields returns the fields at and below path.
func fields(path string, s apiextensionsv1.JSONSchemaProps, required bool) []field {
	if s.Items != nil && len(s.Items.Schema.Properties) > 0 && !slices.Contains(opaque, path) {
		path, s = path+"[]", *s.Items.Schema
	}
	if len(s.Properties) == 0 || slices.Contains(opaque, path) {
		return []field{{path, s, required}}
	}
	var all []field
	for name, below := range s.Properties {
		all = append(all, fields(strings.TrimPrefix(path+"."+name, "."), below, slices.Contains(s.Required, name))...)
	}
	return all
}

func checkRow(t *testing.T, f field, row []string) {
	t.Helper()
	if len(row) != 4 || row[3] == "" {
		t.Errorf("%s: the row needs field, default, bounds and meaning", f.path)
		return
	}
	if want := defaultOf(t, f); row[1] != want {
		t.Errorf("%s: the default is %s, not %s", f.path, want, row[1])
	}
	for _, bound := range boundsOf(t, f.schema) {
		if !strings.Contains(row[2], bound) {
			t.Errorf("%s: the bounds %q lack %s", f.path, row[2], bound)
		}
	}
}

// defaultOf returns what the cell of the default should say.
func defaultOf(t *testing.T, f field) string {
	t.Helper()
	if f.required {
		return "required"
	}
	if f.schema.Default == nil {
		return "none"
	}
	var value any
	if err := json.Unmarshal(f.schema.Default.Raw, &value); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("`%v`", value)
}

// boundsOf returns what the cell of the bounds should contain. The length of
// what has a form of its own, a duration or an address, goes without saying.
func boundsOf(t *testing.T, s apiextensionsv1.JSONSchemaProps) []string {
	t.Helper()
	var all []string
	for _, limit := range []*float64{s.Minimum, s.Maximum} {
		if limit != nil {
			all = append(all, fmt.Sprint(int64(*limit)))
		}
	}
	for _, limit := range []*int64{s.MaxItems, s.MaxProperties, s.MinLength, s.MaxLength} {
		if limit != nil && (limit != s.MaxLength || len(s.XValidations) == 0 || *limit > 45) {
			all = append(all, fmt.Sprint(*limit))
		}
	}
	for _, value := range s.Enum {
		var name string
		if err := json.Unmarshal(value.Raw, &name); err != nil {
			t.Fatal(err)
		}
		all = append(all, "`"+name+"`")
	}
	return all
}
