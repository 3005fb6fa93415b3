package fields

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	structuralschema "k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
)

// opaque are fields whose inside is Kubernetes' own.
var opaque = []string{"pod.resources", "pod.tolerations", "pod.affinity", "pod.topologySpreadConstraints",
	"networkPolicy.from", "networkPolicy.adminFrom"}

// leavesOf returns the leaves at and below path. A list of objects counts as
// the object.
func leavesOf(path string, schema structuralschema.Structural) map[string]structuralschema.Structural {
	if slices.Contains(opaque, path) {
		return map[string]structuralschema.Structural{path: schema}
	}
	if schema.Items != nil && len(schema.Items.Properties) > 0 {
		schema = *schema.Items
	}
	if len(schema.Properties) == 0 {
		return map[string]structuralschema.Structural{path: schema}
	}
	all := map[string]structuralschema.Structural{}
	for name, property := range schema.Properties {
		maps.Copy(all, leavesOf(strings.TrimPrefix(path+"."+name, "."), property))
	}
	return all
}

// bound takes from the schema the bounds that the table leaves out.
func (f *Field) bound(schema structuralschema.Structural) {
	least, most := boundsOf(schema)
	if f.Min == "" && least != nil {
		f.Min = jsonOf(least)
	}
	if f.Max == "" && most != nil {
		f.Max = jsonOf(most)
	}
}

// boundsOf are the least and the most that schema allows; nil where it does
// not say, as for a list or a duration. An enumeration has a first and a last.
func boundsOf(schema structuralschema.Structural) (least, most any) {
	v := schema.ValueValidation
	if v == nil {
		return nil, nil
	}
	if len(v.Enum) > 0 {
		return v.Enum[0].Object, v.Enum[len(v.Enum)-1].Object
	}
	if v.Minimum != nil && v.Maximum != nil {
		return *v.Minimum, *v.Maximum
	}
	if schema.Type == "string" && v.MaxLength != nil && v.Format == "" {
		shortest := int64(0)
		if v.MinLength != nil {
			shortest = *v.MinLength
		}
		return strings.Repeat("a", int(shortest)), strings.Repeat("a", int(*v.MaxLength))
	}
	return nil, nil
}

func jsonOf(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic("bounds are plain data: " + err.Error())
	}
	return string(text)
}
