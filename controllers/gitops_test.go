package controllers

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv1 "k8s.io/api/autoscaling/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/jsonmergepatch"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"tcp-operator.io/api/v1alpha1"
	"tcp-operator.io/test/apiserver"
)

// tools apply a manifest as the tools of that name do.
var tools = map[string]func(*world, *unstructured.Unstructured){
	"kubectl-client-side-apply": (*world).applyClientSide,
	"kubectl":                   serverSide("kubectl"),
	"argocd-controller":         serverSide("argocd-controller"),
	"helm":                      serverSide("helm"),
	"kustomize-controller":      serverSide("kustomize-controller"),
}

// TestReapplyingChangesNothing is G9: a manifest is applied, comes to rest and
// is applied again: without a conflict, and without a change.
func TestReapplyingChangesNothing(t *testing.T) {
	for tool, apply := range tools {
		t.Run(tool, func(t *testing.T) {
			w := newWorld(t)
			manifests := w.samples()
			for _, m := range manifests {
				apply(w, m)
			}
			w.comeToRest(manifests)
			for _, m := range manifests {
				before := w.read(m)
				apply(w, m)
				after := w.read(m)
				if before.GetResourceVersion() != after.GetResourceVersion() || after.GetGeneration() != 1 {
					t.Errorf("%s: applied again, its version goes from %s to %s and its generation to %d", m.GetName(),
						before.GetResourceVersion(), after.GetResourceVersion(), after.GetGeneration())
				}
				checkOwners(t, after, tool)
			}
		})
	}
}

// checkOwners holds that the operator owns the status and nothing else.
func checkOwners(t *testing.T, o *unstructured.Unstructured, tool string) {
	t.Helper()
	var owners []string
	for _, entry := range o.GetManagedFields() {
		owners = append(owners, entry.Manager+"/"+entry.Subresource)
		var fields map[string]any
		if err := json.Unmarshal(entry.FieldsV1.GetRawBytes(), &fields); err != nil {
			t.Fatal(err)
		}
		top := slices.Sorted(maps.Keys(fields))
		if entry.Manager == FieldOwner && !slices.Equal(top, []string{"f:status"}) {
			t.Errorf("%s: the operator owns %q", o.GetName(), top)
		}
	}
	slices.Sort(owners)
	want := []string{tool + "/", FieldOwner + "/status"}
	slices.Sort(want)
	if !slices.Equal(owners, want) {
		t.Errorf("%s: its owners are %q, want %q", o.GetName(), owners, want)
	}
}

// TestAScaledNumberSurvivesReapplying is what an HPA does to a resource whose
// manifest says nothing of replicas.
func TestAScaledNumberSurvivesReapplying(t *testing.T) {
	for tool, apply := range tools {
		t.Run(tool, func(t *testing.T) {
			w := newWorld(t)
			manifests := w.samples()
			for _, m := range manifests {
				apply(w, m)
			}
			w.comeToRest(manifests)
			for _, m := range manifests {
				w.scale(m, 3)
				apply(w, m)
				replicas, _, err := unstructured.NestedInt64(w.read(m).Object, "spec", "replicas")
				if err != nil || replicas != 3 {
					t.Errorf("%s: %d replicas (%v) after being scaled to 3 and applied again", m.GetName(), replicas, err)
				}
			}
			w.comeToRest(manifests)
			for _, m := range manifests {
				if got := w.scaleOf(m); got.Status.Replicas != 3 {
					t.Errorf("%s: its scale says %d replicas, want 3", m.GetName(), got.Status.Replicas)
				}
			}
		})
	}
}

// scale sets replicas through the subresource.
func (w *world) scale(o *unstructured.Unstructured, replicas int32) {
	w.t.Helper()
	scale := w.scaleOf(o)
	if scale.Spec.Replicas != 1 || scale.Status.Replicas != 1 || !strings.Contains(scale.Status.Selector, o.GetName()) {
		w.t.Errorf("%s: its scale is %+v %+v, want one replica and a selector", o.GetName(), scale.Spec, scale.Status)
	}
	scale.Spec.Replicas = replicas
	err := w.client.SubResource("scale").Update(w.t.Context(), w.typed(o),
		client.WithSubResourceBody(scale), client.FieldOwner("horizontal-pod-autoscaler"))
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) scaleOf(o *unstructured.Unstructured) *autoscalingv1.Scale {
	w.t.Helper()
	var scale autoscalingv1.Scale
	if err := w.client.SubResource("scale").Get(w.t.Context(), w.typed(o), &scale); err != nil {
		w.t.Fatal(err)
	}
	return &scale
}

// typed is an object of o's kind and name.
func (w *world) typed(o *unstructured.Unstructured) client.Object {
	var typed client.Object = &v1alpha1.TcpServer{}
	if o.GetKind() == v1alpha1.ClientKind.Kind {
		typed = &v1alpha1.TcpClient{}
	}
	typed.SetNamespace(o.GetNamespace())
	typed.SetName(o.GetName())
	return typed
}

// samples are the manifests of config/samples, servers first.
func (w *world) samples() []*unstructured.Unstructured {
	w.t.Helper()
	files, err := filepath.Glob(filepath.Join(apiserver.Root(), "config", "samples", "tcp-operator.io_*.yaml"))
	if err != nil || len(files) < 2 {
		w.t.Fatalf("samples: %q (%v)", files, err)
	}
	slices.Sort(files)
	slices.Reverse(files)
	var all []*unstructured.Unstructured
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			w.t.Fatal(err)
		}
		for document := range strings.SplitSeq(string(text), "\n---\n") {
			var o unstructured.Unstructured
			if err := yaml.Unmarshal([]byte(document), &o.Object); err != nil {
				w.t.Fatal(err)
			}
			o.SetNamespace(w.namespace)
			all = append(all, &o)
		}
	}
	return all
}

// read returns o as it is in the API server.
func (w *world) read(o *unstructured.Unstructured) *unstructured.Unstructured {
	w.t.Helper()
	now := o.DeepCopy()
	w.get(o.GetName(), now)
	return now
}

// comeToRest plays all controllers until each resource is ready.
func (w *world) comeToRest(all []*unstructured.Unstructured) {
	w.t.Helper()
	for _, o := range all {
		if o.GetKind() == v1alpha1.ServerKind.Kind {
			w.reconcileServer(o.GetName())
			w.rollOutAll(o.GetName())
			w.reconcileServer(o.GetName())
			continue
		}
		w.reconcileClient(o.GetName())
		w.rollOutAll(o.GetName())
		w.reconcileClient(o.GetName())
	}
	for _, o := range all {
		conditions, _, err := unstructured.NestedSlice(w.read(o).Object, "status", "conditions")
		if err != nil || !strings.Contains(asText(w.t, conditions), `"status":"True","type":"Ready"`) {
			w.t.Errorf("%s is not ready: %v", o.GetName(), conditions)
		}
	}
}

func (w *world) rollOutAll(name string) {
	w.t.Helper()
	var d appsv1.Deployment
	w.get(name, &d)
	w.rollOut(name, *d.Spec.Replicas)
}

func asText(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// serverSide applies without force, as kubectl, Flux and Helm do; a conflict
// is an error.
func serverSide(manager string) func(*world, *unstructured.Unstructured) {
	return func(w *world, o *unstructured.Unstructured) {
		w.t.Helper()
		if err := w.client.Apply(w.t.Context(), client.ApplyConfigurationFromUnstructured(o.DeepCopy()), client.FieldOwner(manager)); err != nil {
			w.t.Fatal(err)
		}
	}
}

// applyClientSide does what kubectl apply does for custom resources: a
// three-way merge of what was applied last, what is applied now and what is.
func (w *world) applyClientSide(o *unstructured.Unstructured) {
	w.t.Helper()
	const manager = "kubectl-client-side-apply"
	text := asText(w.t, o.Object) + "\n"
	modified := o.DeepCopy()
	modified.SetAnnotations(map[string]string{lastApplied: text})
	err := w.client.Create(w.t.Context(), modified.DeepCopy(), client.FieldOwner(manager))
	if !apierrors.IsAlreadyExists(err) {
		if err != nil {
			w.t.Fatal(err)
		}
		return
	}
	current := w.read(o)
	patch, err := jsonmergepatch.CreateThreeWayJSONMergePatch([]byte(current.GetAnnotations()[lastApplied]),
		[]byte(asText(w.t, modified.Object)), []byte(asText(w.t, current.Object)))
	if err != nil {
		w.t.Fatal(err)
	}
	if string(patch) == "{}" {
		return
	}
	if err := w.client.Patch(w.t.Context(), current, client.RawPatch(types.MergePatchType, patch), client.FieldOwner(manager)); err != nil {
		w.t.Fatal(err)
	}
}

const lastApplied = "kubectl.kubernetes.io/last-applied-configuration"
