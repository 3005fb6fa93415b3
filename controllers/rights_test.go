package controllers

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/apiserver/pkg/endpoints/request"
	"k8s.io/client-go/rest"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"tcp-operator.io/test/apiserver"
)

// usedUnseen are grants that no request shows, and why they are needed.
var usedUnseen = map[string]string{
	"update tcp-operator.io/tcpservers/finalizers": "asked for by OwnerReferencesPermissionEnforcement, which the tests' API server runs",
	"update tcp-operator.io/tcpclients/finalizers": "asked for by OwnerReferencesPermissionEnforcement, which the tests' API server runs",
	"patch events.k8s.io/events":                   "events of several outages that one status write announces are a series",
}

// listed are the kinds that the caches hold. A cache streams its first list by
// a watch where the API server can do that, and lists where it cannot.
var listed = []string{"apps/deployments", "core/services", "core/pods", "networking.k8s.io/networkpolicies",
	"policy/poddisruptionbudgets", "tcp-operator.io/tcpservers", "tcp-operator.io/tcpclients"}

// TestRightsAreWhatIsUsed runs a manager as an account that has the shipped
// rights and no other, once in the whole cluster and once in one namespace. No
// request is refused for want of a right, and every right is used.
func TestRightsAreWhatIsUsed(t *testing.T) {
	for _, inOneNamespace := range []bool{false, true} {
		t.Run(fmt.Sprintf("one namespace %v", inOneNamespace), func(t *testing.T) {
			w := newWorld(t)
			own := server.Namespace(t)
			account := "system:serviceaccount:" + own + ":manager"
			granted := w.grant(own, account, inOneNamespace)
			seen := &requests{made: map[string]bool{}}
			config := rest.CopyConfig(server.Config)
			config.Impersonate = rest.ImpersonationConfig{UserName: account, Groups: []string{"system:serviceaccounts", "system:authenticated"}}
			config.Wrap(func(next http.RoundTripper) http.RoundTripper { return recording{next: next, seen: seen} })
			options := ctrl.Options{
				Cache: CacheOptions(), Client: ClientOptions(),
				LeaderElection: true, LeaderElectionID: "tcp-operator", LeaderElectionNamespace: own, LeaderElectionReleaseOnCancel: true,
			}
			if inOneNamespace {
				options.Cache, options.Client = CacheOptions(w.namespace), ClientOptions(w.namespace)
			}
			stop := startManagerWith(t, config, options)
			w.everythingThatCanHappen(seen)
			stop()
			for _, kind := range listed {
				seen.add("list " + kind)
			}
			for right := range usedUnseen {
				if seen.has(right) {
					t.Errorf("%s is no exception: it was used", right)
				}
				seen.add(right)
			}
			if diff := cmp.Diff(granted, seen.all()); diff != "" {
				t.Errorf("rights differ (-granted +used):\n%s", diff)
			}
		})
	}
}

// grant gives account the rights of config/rbac/role.yaml and returns them.
func (w *world) grant(own, account string, inOneNamespace bool) []string {
	w.t.Helper()
	text, err := os.ReadFile(filepath.Join(apiserver.Root(), "config", "rbac", "role.yaml"))
	if err != nil {
		w.t.Fatal(err)
	}
	documents := strings.Split(strings.TrimPrefix(string(text), "---\n"), "---\n")
	if len(documents) != 2 {
		w.t.Fatalf("role.yaml holds %d documents, want a ClusterRole and a Role", len(documents))
	}
	var cluster rbacv1.ClusterRole
	var role rbacv1.Role
	for i, into := range []any{&cluster, &role} {
		if err := yaml.UnmarshalStrict([]byte(documents[i]), into); err != nil {
			w.t.Fatal(err)
		}
	}
	w.bind(account, own, role.Rules)
	if inOneNamespace {
		w.bind(account, w.namespace, cluster.Rules)
	} else {
		w.bind(account, "", cluster.Rules)
	}
	granted := sets.New[string]()
	for _, rule := range append(cluster.Rules, role.Rules...) {
		for _, resource := range rule.Resources {
			for _, verb := range rule.Verbs {
				granted.Insert(right(verb, rule.APIGroups[0], resource))
			}
		}
	}
	return sets.List(granted)
}

// bind gives account the rights in a namespace, or in all if it has no name.
func (w *world) bind(account, namespace string, rules []rbacv1.PolicyRule) {
	w.t.Helper()
	name := metav1.ObjectMeta{Name: "test-" + w.namespace, Namespace: namespace}
	subjects := []rbacv1.Subject{{Kind: "User", APIGroup: rbacv1.GroupName, Name: account}}
	var role, binding client.Object = &rbacv1.Role{ObjectMeta: name, Rules: rules},
		&rbacv1.RoleBinding{ObjectMeta: name, Subjects: subjects, RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: name.Name}}
	if namespace == "" {
		role = &rbacv1.ClusterRole{ObjectMeta: name, Rules: rules}
		binding = &rbacv1.ClusterRoleBinding{ObjectMeta: name, Subjects: subjects, RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: name.Name}}
	}
	for _, o := range []client.Object{role, binding} {
		if err := w.client.Create(w.t.Context(), o); err != nil {
			w.t.Fatal(err)
		}
	}
}

// right is how grants and requests are written here.
func right(verb, group, resource string) string {
	if group == "" {
		group = "core"
	}
	return verb + " " + group + "/" + resource
}

// requests are the rights that requests needed. It is safe for concurrent use.
type requests struct {
	mu   sync.Mutex
	made map[string]bool
}

func (r *requests) add(right string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.made[right] = true
}

func (r *requests) has(right string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.made[right]
}

func (r *requests) all() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var all []string
	for right := range r.made {
		all = append(all, right)
	}
	slices.Sort(all)
	return all
}

// recording notes what every request needs.
type recording struct {
	next http.RoundTripper
	seen *requests
}

var resolver = request.RequestInfoFactory{APIPrefixes: sets.NewString("api", "apis"), GrouplessAPIPrefixes: sets.NewString("api")}

func (r recording) RoundTrip(q *http.Request) (*http.Response, error) {
	info, err := resolver.NewRequestInfo(q)
	if err != nil {
		return nil, err
	}
	answer, err := r.next.RoundTrip(q)
	if err != nil || !info.IsResourceRequest {
		return answer, err // discovery is everybody's
	}
	resource := info.Resource
	if info.Subresource != "" {
		resource += "/" + info.Subresource
	}
	r.seen.add(right(info.Verb, info.APIGroup, resource))
	switch answer.StatusCode {
	case http.StatusCreated: // an apply that finds nothing creates
		r.seen.add(right("create", info.APIGroup, resource))
	case http.StatusForbidden:
		r.refused(answer)
	}
	return answer, nil
}

// refused notes a refusal for want of a right; a terminating namespace of
// another test refuses as well.
func (r recording) refused(answer *http.Response) {
	text, err := io.ReadAll(answer.Body)
	if err != nil || bytes.Contains(text, []byte("cannot ")) {
		r.seen.add(fmt.Sprintf("REFUSED %s (%v)", text, err))
	}
	answer.Body = io.NopCloser(bytes.NewReader(text))
}
