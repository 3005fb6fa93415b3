package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
)

const head = `<!-- Made by "make generate" from the Go types. Do not edit. -->
# API reference

Every field of both kinds. [tcpserver.md](tcpserver.md) and [tcpclient.md](tcpclient.md) explain them with examples;
` + "`kubectl explain tcpserver.spec`" + ` says the same on a cluster. A type that ends in ` + "`[]`" + ` is a list.
`

// page is the whole reference.
func page(crds []apiextensionsv1.CustomResourceDefinition) string {
	var b strings.Builder
	b.WriteString(head)
	for _, crd := range crds {
		version := crd.Spec.Versions[0]
		fmt.Fprintf(&b, "\n## %s\n\n", crd.Spec.Names.Kind)
		fmt.Fprintf(&b, "`%s/%s`, short name `%s`.\n", crd.Spec.Group, version.Name, strings.Join(crd.Spec.Names.ShortNames, "`, `"))
		for _, part := range []string{"spec", "status"} {
			fmt.Fprintf(&b, "\n### %s %s\n\n", crd.Spec.Names.Kind, part)
			b.WriteString("| Field | Type | Default | Bounds | Meaning |\n| --- | --- | --- | --- | --- |\n")
			schema := version.Schema.OpenAPIV3Schema.Properties[part]
			table(&b, "", schema)
			rules(&b, part, schema)
		}
	}
	return b.String()
}

// table writes a row for each field below path.
func table(b *strings.Builder, path string, object apiextensionsv1.JSONSchemaProps) {
	for _, name := range slices.Sorted(maps.Keys(object.Properties)) {
		field := object.Properties[name]
		at := strings.TrimPrefix(path+"."+name, ".")
		row(b, at, field, slices.Contains(object.Required, name))
		switch {
		case isKubernetes(at):
		case field.Items != nil && len(field.Items.Schema.Properties) > 0:
			table(b, at+"[]", *field.Items.Schema)
		default:
			table(b, at, field)
		}
	}
}

// isKubernetes says whether the inside of a field is a type of Kubernetes,
// which has a reference of its own.
func isKubernetes(path string) bool {
	return slices.Contains([]string{"conditions", "networkPolicy.adminFrom", "networkPolicy.from", "pod.affinity", "pod.resources",
		"pod.tolerations", "pod.topologySpreadConstraints"}, path)
}

func row(b *strings.Builder, path string, field apiextensionsv1.JSONSchemaProps, required bool) {
	value := "-"
	switch {
	case required:
		value = "required"
	case field.Default != nil && len(field.Properties) == 0:
		value = "`" + cell(string(field.Default.Raw)) + "`"
	}
	meaning := cell(field.Description)
	if isKubernetes(path) {
		meaning += " As in Kubernetes' own API."
	}
	fmt.Fprintf(b, "| `%s` | %s | %s | %s | %s |\n", path, typeOf(field), value, or(bounds(field), "-"), meaning)
}

// cell fits text into one cell of a table.
func cell(text string) string {
	return strings.ReplaceAll(strings.Join(strings.Fields(text), " "), "|", `\|`)
}

func typeOf(s apiextensionsv1.JSONSchemaProps) string {
	switch {
	case s.Type == "array":
		return typeOf(*s.Items.Schema) + "[]"
	case s.AdditionalProperties != nil:
		return "map of " + typeOf(*s.AdditionalProperties.Schema)
	case s.Format == "date-time":
		return "time"
	case s.XIntOrString:
		return "integer or string"
	}
	return s.Type
}

func or(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}
