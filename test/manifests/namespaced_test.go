// Package manifests holds what kustomize makes of config to what is promised
// of it.
package manifests

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	rbacv1 "k8s.io/api/rbac/v1"

	"tcp-operator.io/test/kustomize"
)

// TestANamespacedInstallHasNoRightsElsewhere: what is granted in the whole
// cluster is what asks about readers of metrics, and reading them.
func TestANamespacedInstallHasNoRightsElsewhere(t *testing.T) {
	all := kustomize.Build(t, "config/namespaced")
	var clusterWide []string
	for _, o := range all {
		switch o.GetKind() {
		case "ClusterRole":
			for _, rule := range kustomize.Typed[rbacv1.ClusterRole](t, o).Rules {
				clusterWide = append(clusterWide, slices.Concat(rule.Resources, rule.NonResourceURLs)...)
			}
		case "ClusterRoleBinding":
			binding := kustomize.Typed[rbacv1.ClusterRoleBinding](t, o)
			kustomize.Named[rbacv1.ClusterRole](t, all, "ClusterRole", "", binding.RoleRef.Name)
		}
	}
	slices.Sort(clusterWide)
	if diff := cmp.Diff([]string{"/metrics", "subjectaccessreviews", "tokenreviews"}, clusterWide); diff != "" {
		t.Errorf("granted in the whole cluster (-want +got):\n%s", diff)
	}
}

// TestANamespacedInstallHasTheSameRightsInItsNamespace compares the Role of a
// watched namespace with the ClusterRole that it stands for.
func TestANamespacedInstallHasTheSameRightsInItsNamespace(t *testing.T) {
	whole, some := kustomize.Build(t, "config/default"), kustomize.Build(t, "config/namespaced")
	for cluster, namespaced := range map[string]string{
		"tcp-operator-manager-role": "tcp-operator-manager-watched",
		"tcp-operator-viewer":       "tcp-operator-viewer",
		"tcp-operator-editor":       "tcp-operator-editor",
	} {
		want := kustomize.Named[rbacv1.ClusterRole](t, whole, "ClusterRole", "", cluster).Rules
		got := kustomize.Named[rbacv1.Role](t, some, "Role", "default", namespaced).Rules
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", namespaced, diff)
		}
	}
	binding := kustomize.Named[rbacv1.RoleBinding](t, some, "RoleBinding", "default", "tcp-operator-manager-watched")
	want := rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: "tcp-operator-manager-watched"}
	if diff := cmp.Diff(want, binding.RoleRef); diff != "" {
		t.Errorf("the binding is to another role (-want +got):\n%s", diff)
	}
	manager := kustomize.Named[appsv1.Deployment](t, some, "Deployment", "tcp-operator-system", "tcp-operator-manager")
	subject := rbacv1.Subject{Kind: "ServiceAccount", Name: manager.Spec.Template.Spec.ServiceAccountName, Namespace: manager.Namespace}
	if diff := cmp.Diff([]rbacv1.Subject{subject}, binding.Subjects); diff != "" {
		t.Errorf("the binding is of another account than the manager's (-want +got):\n%s", diff)
	}
}

// TestANamespacedInstallDiffersInNothingElse: beside rights only the
// manager's arguments differ.
func TestANamespacedInstallDiffersInNothingElse(t *testing.T) {
	whole, some := kustomize.Build(t, "config/default"), kustomize.Build(t, "config/namespaced")
	rights := []string{"Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding"}
	for _, o := range whole {
		if slices.Contains(rights, o.GetKind()) {
			continue
		}
		if o.GetKind() != "Deployment" {
			got := kustomize.Named[map[string]any](t, some, o.GetKind(), o.GetNamespace(), o.GetName())
			if diff := cmp.Diff(o.Object, got); diff != "" {
				t.Errorf("%s %s (-default +namespaced):\n%s", o.GetKind(), o.GetName(), diff)
			}
			continue
		}
		want := kustomize.Typed[appsv1.Deployment](t, o)
		args := &want.Spec.Template.Spec.Containers[0].Args
		*args = append(*args, "--namespaces=default")
		if diff := cmp.Diff(want, kustomize.Named[appsv1.Deployment](t, some, "Deployment", o.GetNamespace(), o.GetName())); diff != "" {
			t.Errorf("the manager (-want +got):\n%s", diff)
		}
	}
}
