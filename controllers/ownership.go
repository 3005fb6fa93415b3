package controllers

import (
	"encoding/json"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// ownsAll tells whether the operator still owns every field of child that it
// wants. Who changes a field takes it over, and who removes one leaves it to
// nobody: so what the operator owns is as it applied it.
func ownsAll(child client.Object, wanted any) bool {
	for _, entry := range child.GetManagedFields() {
		if entry.Manager != FieldOwner || entry.Operation != metav1.ManagedFieldsOperationApply || entry.Subresource != "" {
			continue
		}
		var fields, want map[string]any
		if err := json.Unmarshal(entry.FieldsV1.GetRawBytes(), &fields); err != nil {
			return false
		}
		if err := convert(wanted, &want); err != nil {
			return false
		}
		return ownsFields(fields, withoutIdentity(want))
	}
	return false
}

// withoutIdentity leaves out what nobody owns.
func withoutIdentity(object map[string]any) map[string]any {
	delete(object, "apiVersion")
	delete(object, "kind")
	if metadata, ok := object["metadata"].(map[string]any); ok {
		delete(metadata, "name")
		delete(metadata, "namespace")
	}
	return object
}

// ownsFields compares a set of fields, in the form of managedFields, with
// wanted ones. A field without fields of its own is owned whole.
func ownsFields(fields, wanted map[string]any) bool {
	for name, value := range wanted {
		field, ok := fields["f:"+name].(map[string]any)
		if !ok || !ownsValue(field, value) {
			return false
		}
	}
	return true
}

func ownsValue(field map[string]any, wanted any) bool {
	if len(field) == 0 {
		return true
	}
	switch w := wanted.(type) {
	case map[string]any:
		return ownsFields(field, w)
	case []any:
		for _, element := range w {
			if !ownsElement(field, element) {
				return false
			}
		}
		return true
	}
	return false
}

// ownsElement finds an element of a list by its key, of which wanted may leave
// out what the API has a default for.
func ownsElement(list map[string]any, wanted any) bool {
	element, ok := wanted.(map[string]any)
	if !ok {
		return false // the children have no sets
	}
	for name, fields := range list {
		key, isKey := strings.CutPrefix(name, "k:")
		if !isKey || !agrees(key, element) {
			continue
		}
		owned, ok := fields.(map[string]any)
		return ok && ownsValue(owned, element)
	}
	return false
}

func agrees(key string, element map[string]any) bool {
	var wanted map[string]any
	if err := json.Unmarshal([]byte(key), &wanted); err != nil {
		return false
	}
	for name, value := range wanted {
		if is, ok := element[name]; ok && is != value {
			return false
		}
	}
	return true
}
