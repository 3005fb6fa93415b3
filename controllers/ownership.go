package controllers

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// takeOver makes the fields of a child that the operator has created, which it
// owns by a plain write, those of its applies: an apply takes back only what was
// applied. live is read again where somebody else has become an owner meanwhile.
func (f *family) takeOver(ctx context.Context, live client.Object) error {
	uid := live.GetUID()
	for range 2 {
		patch := takeOverPatch(live)
		if patch == nil {
			return nil
		}
		err := f.client.Patch(ctx, live, client.RawPatch(types.JSONPatchType, patch), client.FieldOwner(FieldOwner))
		if !apierrors.IsInvalid(err) {
			return err
		}
		empty(live) // a test in the patch failed
		if err := f.readOwn(ctx, uid, live); err != nil {
			return err
		}
	}
	return f.changed(live)
}

// takeOverPatch is the JSON patch that takeOver needs; nil when there is nothing
// to do. It is not bound to the version of live, which others may change all the
// time: what it rests on it tests.
func takeOverPatch(live client.Object) []byte {
	entries := live.GetManagedFields()
	own := func(by metav1.ManagedFieldsOperationType) int {
		return slices.IndexFunc(entries, func(e metav1.ManagedFieldsEntry) bool {
			return e.Manager == FieldOwner && e.Operation == by && e.Subresource == ""
		})
	}
	i := own(metav1.ManagedFieldsOperationUpdate)
	if i < 0 || own(metav1.ManagedFieldsOperationApply) >= 0 {
		return nil // what a repair owns beside an apply is what the apply owns as well
	}
	entry := fmt.Sprintf("/metadata/managedFields/%d", i)
	return jsonPatch(
		operation{"test", "/metadata/uid", live.GetUID()},
		operation{"test", entry + "/manager", FieldOwner},
		operation{"test", entry + "/operation", metav1.ManagedFieldsOperationUpdate},
		operation{"replace", entry + "/operation", metav1.ManagedFieldsOperationApply},
	)
}

// asWanted tells whether child has every value that is wanted, and whether the
// operator still owns it. Who changes a field takes it over, and who removes one
// leaves it to nobody: so ownership tells of what was added to something that is
// owned whole. The values tell of a list or map whose elements are others by now:
// the fields that a plain write owns are then written like those of one that is
// owned whole.
func asWanted(child client.Object, wanted any) bool {
	var want, is map[string]any
	if convert(wanted, &want) != nil || convert(child, &is) != nil {
		return false
	}
	want = withoutIdentity(want)
	return covers(is, want) && slices.ContainsFunc(child.GetManagedFields(), func(entry metav1.ManagedFieldsEntry) bool {
		var fields map[string]any
		return entry.Manager == FieldOwner && entry.Subresource == "" &&
			json.Unmarshal(entry.FieldsV1.GetRawBytes(), &fields) == nil && ownsFields(fields, want)
	})
}

// covers tells whether there is in is, which may hold more, what is wanted.
func covers(is, wanted any) bool {
	switch w := wanted.(type) {
	case map[string]any:
		there, _ := is.(map[string]any)
		for name, value := range w {
			if !covers(there[name], value) {
				return false
			}
		}
		return true
	case []any:
		there, _ := is.([]any)
		for _, element := range w {
			if !slices.ContainsFunc(there, func(e any) bool { return covers(e, element) }) {
				return false
			}
		}
		return true
	}
	return is == wanted
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
// wanted ones. A field without fields of its own counts as owned whole.
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
