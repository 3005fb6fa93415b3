package manager

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"tcp-operator.io/controllers"
	"tcp-operator.io/test/faults/edits"
	"tcp-operator.io/test/faults/wire"
	"tcp-operator.io/test/faults/world"
)

// TestDriftIsRepaired is A11: of every child that there is, every field that
// the operator owns is changed by somebody else, and then the child is deleted.
// What others own stays.
func TestDriftIsRepaired(t *testing.T) {
	for _, name := range []string{"TcpServer/create-full", "TcpClient/create-full"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			load := workload(t, name)
			x := newTrial(t, "drift", &wire.Wire{})
			x.make(settling, slices.Concat(load.Given, load.Edits)...)
			x.rest(recovery)
			w, err := world.Read(t.Context(), server.Client, x.namespace)
			if err != nil {
				t.Fatal(err)
			}
			for _, o := range w.Objects {
				if !world.IsResource(o) {
					x.checkDrift(o)
				}
			}
			x.judge()
		})
	}
}

func workload(t *testing.T, name string) edits.Workload {
	t.Helper()
	all := edits.All()
	i := slices.IndexFunc(all, func(w edits.Workload) bool { return w.String() == name })
	if i < 0 {
		t.Fatalf("there is no workload %s", name)
	}
	return all[i]
}

// checkDrift changes the fields of a child one by one, and then deletes it.
func (x *trial) checkDrift(child client.Object) {
	x.t.Helper()
	what := world.Kind(child) + " " + child.GetName()
	o := &unstructured.Unstructured{}
	gvks, _, err := server.Scheme.ObjectKinds(child)
	if err != nil {
		x.t.Fatal(err)
	}
	o.SetGroupVersionKind(gvks[0])
	key := client.ObjectKeyFromObject(child)
	annotate := client.RawPatch(types.MergePatchType, []byte(`{"metadata":{"annotations":{"`+foreign+`":"theirs"}}}`))
	if err := server.Client.Patch(x.t.Context(), child, annotate, client.FieldOwner("somebody")); err != nil {
		x.t.Fatal(err)
	}
	if err := server.Client.Get(x.t.Context(), key, o); err != nil {
		x.t.Fatal(err)
	}
	x.letApply(o)
	changed, refusals := 0, 0
	for _, field := range fewFields(x.t, ownedFields(x.t, o)) {
		patch, err := json.Marshal([]map[string]any{{"op": "replace", "path": field.pointer, "value": other(field.value)}})
		if err != nil {
			x.t.Fatal(err)
		}
		err = server.Client.Patch(x.t.Context(), o, client.RawPatch(types.JSONPatchType, patch), client.FieldOwner("somebody"))
		if apierrors.IsInvalid(err) || apierrors.IsBadRequest(err) || apierrors.IsForbidden(err) {
			refusals++
			continue
		}
		if err != nil {
			x.t.Fatal(err)
		}
		changed++
		if !x.repaired(o, key, field) {
			x.t.Errorf("%s: %s stays changed", what, field.pointer)
		}
	}
	x.t.Logf("%s: %d fields changed and repaired, %d cannot be changed", what, changed, refusals)
	if changed == 0 {
		x.t.Errorf("%s: no field could be changed: the test shows nothing", what)
	}
	if o.GetAnnotations()[foreign] != "theirs" {
		x.t.Errorf("%s: a foreign annotation is lost", what)
	}
	x.checkMadeAgain(o)
}

// letApply makes the operator apply a child that it may only have created, so
// that the fields which it wants can be told from the API's defaults.
func (x *trial) letApply(o *unstructured.Unstructured) {
	x.t.Helper()
	was := o.GetAnnotations()[controllers.AppliedAnnotation]
	drift := client.RawPatch(types.MergePatchType, []byte(`{"metadata":{"annotations":{"`+controllers.AppliedAnnotation+`":"drifted"}}}`))
	if err := server.Client.Patch(x.t.Context(), o, drift, client.FieldOwner("somebody")); err != nil {
		x.t.Fatal(err)
	}
	mark := field{"/metadata/annotations/" + escape(controllers.AppliedAnnotation), was}
	if !x.repaired(o, client.ObjectKeyFromObject(o), mark) {
		x.t.Fatalf("%s %s: what was applied is not written again", o.GetKind(), o.GetName())
	}
}

// fewFields are some of the fields, or all of them for the full set.
func fewFields(t *testing.T, all []field) []field {
	t.Helper()
	if *full || len(all) <= 6 {
		return all
	}
	dice(t).Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all[:6]
}

// repaired waits until a field is as it was.
func (x *trial) repaired(o *unstructured.Unstructured, key client.ObjectKey, f field) bool {
	x.t.Helper()
	for end := time.Now().Add(settling); time.Now().Before(end); {
		if err := server.Client.Get(x.t.Context(), key, o); err != nil && !apierrors.IsNotFound(err) {
			x.t.Fatal(err)
		}
		if is, ok := at(o.Object, f.pointer); ok && fmt.Sprint(is) == fmt.Sprint(f.value) {
			return true
		}
		<-time.After(poll)
	}
	return false
}

// checkMadeAgain deletes a child.
func (x *trial) checkMadeAgain(o *unstructured.Unstructured) {
	x.t.Helper()
	if err := server.Client.Delete(x.t.Context(), o); err != nil {
		x.t.Fatal(err)
	}
	again := &unstructured.Unstructured{}
	again.SetGroupVersionKind(o.GroupVersionKind())
	for end := time.Now().Add(settling); time.Now().Before(end); {
		err := server.Client.Get(x.t.Context(), client.ObjectKeyFromObject(o), again)
		if err == nil && again.GetUID() != o.GetUID() {
			return
		}
		<-time.After(poll)
	}
	x.t.Errorf("%s %s is not made again", o.GetKind(), o.GetName())
}
