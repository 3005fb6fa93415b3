package security

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"tcp-operator.io/test/kustomize"
)

const (
	operatorNamespace = "tcp-operator-system"
	operatorAccount   = "tcp-operator-manager"
)

// forbidden are rights that would let their holder become more than it is, or
// see what is none of its business. The verb * stands for any, the resource *
// for any; words are separated by spaces.
var forbidden = []struct{ verbs, resources, why string }{
	{"escalate bind", "*", "grants nothing"},
	{"impersonate", "*", "acts as nobody else"},
	{"deletecollection", "*", "deletes one thing at a time"},
	{"*", "secrets configmaps", "reads neither credentials nor configuration of others"},
	{"*", "nodes persistentvolumes", "has to do with no node and stores nothing"},
	{"*", "serviceaccounts certificatesigningrequests", "makes no accounts, tokens or certificates"},
	{"*", "roles rolebindings clusterroles clusterrolebindings", "grants nothing"},
	{"*", "mutatingwebhookconfigurations validatingwebhookconfigurations", "does not stand between others and the API server"},
	{"*", "pods/exec pods/attach pods/portforward pods/proxy pods/ephemeralcontainers", "runs nothing in pods"},
	{"create update patch delete", "pods", "leaves pods to their Deployments"},
	{"update delete", "deployments services", "applies them and leaves deletion to the garbage collector"},
	{"create update patch delete", "tcpservers tcpclients", "does not write what users own"},
}

// A grant is one rule, to the operator's account, in a namespace or in all.
type grant struct {
	namespace string
	rule      rbacv1.PolicyRule
}

// grants are all rights that the rendered objects bind to the operator.
func grants(t *testing.T, all []unstructured.Unstructured) (found []grant) {
	t.Helper()
	for _, o := range all {
		var ref rbacv1.RoleRef
		var subjects []rbacv1.Subject
		switch o.GetKind() {
		case "RoleBinding":
			binding := kustomize.Typed[rbacv1.RoleBinding](t, o)
			ref, subjects = binding.RoleRef, binding.Subjects
		case "ClusterRoleBinding":
			binding := kustomize.Typed[rbacv1.ClusterRoleBinding](t, o)
			ref, subjects = binding.RoleRef, binding.Subjects
		default:
			continue
		}
		if others := slices.DeleteFunc(slices.Clone(subjects), isOperator); len(others) > 0 {
			t.Errorf("%s %s is for others than the operator: %v", o.GetKind(), o.GetName(), others)
		}
		for _, rule := range rulesOf(t, all, ref, o.GetNamespace()) {
			found = append(found, grant{o.GetNamespace(), rule})
		}
	}
	return found
}

func isOperator(s rbacv1.Subject) bool {
	return s.Kind == rbacv1.ServiceAccountKind && s.Name == operatorAccount && s.Namespace == operatorNamespace
}

func rulesOf(t *testing.T, all []unstructured.Unstructured, ref rbacv1.RoleRef, namespace string) []rbacv1.PolicyRule {
	t.Helper()
	if ref.Kind == "Role" {
		return kustomize.Named[rbacv1.Role](t, all, "Role", namespace, ref.Name).Rules
	}
	return kustomize.Named[rbacv1.ClusterRole](t, all, "ClusterRole", "", ref.Name).Rules
}

// TestTheOperatorMayDoNothingDangerous looks at every right that the shipped
// manifests grant. That each is needed is held beside the controllers.
func TestTheOperatorMayDoNothingDangerous(t *testing.T) {
	for _, folder := range []string{"config/default", "config/namespaced"} {
		t.Run(folder, func(t *testing.T) {
			all := grants(t, kustomize.Build(t, folder))
			if len(all) < 5 {
				t.Fatalf("only %d rules were found", len(all))
			}
			for _, g := range all {
				for _, problem := range dangers(g.rule) {
					t.Errorf("in namespace %q: %s: %v", g.namespace, problem, g.rule)
				}
				if slices.Contains(g.rule.Resources, "leases") && g.namespace != operatorNamespace {
					t.Errorf("leases may be touched in namespace %q", g.namespace)
				}
			}
			t.Logf("%d rules against %d lines of what is forbidden", len(all), len(forbidden))
		})
	}
}

// dangers says which forbidden rights a rule grants.
func dangers(rule rbacv1.PolicyRule) (all []string) {
	for _, word := range slices.Concat(rule.APIGroups, rule.Resources, rule.Verbs, rule.NonResourceURLs) {
		if strings.Contains(word, "*") {
			all = append(all, "has a wildcard: an operator names what it needs")
		}
	}
	for _, f := range forbidden {
		for _, resource := range rule.Resources {
			if overlap(f.verbs, rule.Verbs) && overlap(f.resources, []string{resource, withoutSubresource(resource)}) {
				all = append(all, fmt.Sprintf("%s %s: the operator %s", f.verbs, resource, f.why))
			}
		}
	}
	return all
}

// overlap tells whether one of words, or any if it is *, is among granted.
func overlap(words string, granted []string) bool {
	return words == "*" || slices.ContainsFunc(strings.Fields(words), func(word string) bool { return slices.Contains(granted, word) })
}

// withoutSubresource is the resource itself for those subresources that are as
// good as it; status, scale and finalizers are less.
func withoutSubresource(resource string) string {
	return strings.TrimSuffix(strings.TrimSuffix(resource, "/token"), "/proxy")
}

// TestDangersAreSeen keeps the test above able to fail.
func TestDangersAreSeen(t *testing.T) {
	for name, rule := range map[string]rbacv1.PolicyRule{
		"everything":      {APIGroups: []string{"*"}, Resources: []string{"*"}, Verbs: []string{"*"}},
		"secrets":         {APIGroups: []string{""}, Resources: []string{"secrets"}, Verbs: []string{"get"}},
		"exec":            {APIGroups: []string{""}, Resources: []string{"pods/exec"}, Verbs: []string{"create"}},
		"tokens":          {APIGroups: []string{""}, Resources: []string{"serviceaccounts/token"}, Verbs: []string{"create"}},
		"node proxy":      {APIGroups: []string{""}, Resources: []string{"nodes/proxy"}, Verbs: []string{"get"}},
		"pods":            {APIGroups: []string{""}, Resources: []string{"pods"}, Verbs: []string{"list", "create"}},
		"escalation":      {APIGroups: []string{rbacv1.GroupName}, Resources: []string{"clusterroles"}, Verbs: []string{"escalate"}},
		"impersonation":   {APIGroups: []string{""}, Resources: []string{"users"}, Verbs: []string{"impersonate"}},
		"writing a spec":  {APIGroups: []string{"tcp-operator.io"}, Resources: []string{"tcpservers"}, Verbs: []string{"patch"}},
		"any verb at all": {APIGroups: []string{""}, Resources: []string{"pods"}, Verbs: []string{"*"}},
	} {
		if len(dangers(rule)) == 0 {
			t.Errorf("%s goes unseen", name)
		}
	}
	harmless := rbacv1.PolicyRule{APIGroups: []string{"tcp-operator.io"}, Resources: []string{"tcpservers/status"}, Verbs: []string{"patch"}}
	if found := dangers(harmless); len(found) > 0 {
		t.Errorf("what is needed is called dangerous: %v", found)
	}
}

// TestPeopleGetNoMoreThanTheKinds: the roles for users are about our kinds.
func TestPeopleGetNoMoreThanTheKinds(t *testing.T) {
	all := kustomize.Build(t, "config/default")
	for _, name := range []string{"tcp-operator-viewer", "tcp-operator-editor"} {
		for _, rule := range kustomize.Named[rbacv1.ClusterRole](t, all, "ClusterRole", "", name).Rules {
			if !slices.Equal(rule.APIGroups, []string{"tcp-operator.io"}) || len(rule.NonResourceURLs) > 0 || slices.Contains(rule.Verbs, "*") {
				t.Errorf("%s grants %v", name, rule)
			}
		}
	}
}
