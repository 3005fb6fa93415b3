//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tcp-operator.io/api/v1alpha1"
)

// namespace is one that a test has to itself.
type namespace struct {
	t    *testing.T
	name string
}

// newNamespace makes a namespace that enforces Pod Security "restricted", and
// deletes it in the end.
func newNamespace(t *testing.T, name string) namespace {
	t.Helper()
	kubectl(t, "wait", "--for=delete", "namespace/"+name, "--timeout=120s") // that of an earlier run
	n := namespace{t, name}
	n.apply(fmt.Sprintf(`{apiVersion: v1, kind: Namespace, metadata: {name: %s, labels: {
		pod-security.kubernetes.io/enforce: restricted, pod-security.kubernetes.io/warn: restricted}}}`, name))
	t.Cleanup(func() {
		if t.Failed() {
			explain(t, name)
		}
		_, _ = run("", "kubectl", "delete", "namespace", name, "--wait=false")
	})
	return n
}

// kubectl runs kubectl in the namespace.
func (n namespace) kubectl(args ...string) string {
	n.t.Helper()
	return kubectl(n.t, append([]string{"-n", n.name}, args...)...)
}

// apply applies manifests, which need not name the namespace. A warning fails
// the test.
func (n namespace) apply(manifests string) {
	n.t.Helper()
	out, err := tryKubectl(n.t, manifests, "-n", n.name, "apply", "-f", "-")
	if err != nil || strings.Contains(out, "Warning") {
		n.t.Fatalf("kubectl apply (%v):\n%s", err, out)
	}
}

// patch merges into the spec of a resource such as tcpserver/greeter.
func (n namespace) patch(resource, spec string) {
	n.t.Helper()
	n.kubectl("patch", resource, "--type=merge", "-p", `{"spec":`+spec+`}`)
}

// get reads an object or a list as Go's type for it.
func get[T any](n namespace, args ...string) T {
	n.t.Helper()
	return decoded[T](n, append([]string{"get", "-o", "json"}, args...)...)
}

// decoded decodes what kubectl prints as JSON.
func decoded[T any](n namespace, args ...string) T {
	n.t.Helper()
	var value T
	out, err := labCommand(n.t.Context(), append([]string{"kubectl", "-n", n.name}, args...)...).Output()
	if err == nil {
		err = json.Unmarshal(out, &value)
	}
	if err != nil {
		n.t.Fatalf("kubectl %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return value
}

func (n namespace) client(name string) v1alpha1.TcpClient {
	n.t.Helper()
	return get[v1alpha1.TcpClient](n, "tcpclient", name)
}

// awaitReady waits until the resources, such as tcpserver/greeter, are Ready
// as their specs are now.
func (n namespace) awaitReady(resources ...string) {
	n.t.Helper()
	within(n.t, 2*time.Minute, strings.Join(resources, ", ")+" to be ready", func() bool {
		for _, r := range resources {
			if !isReady(get[either](n, r)) {
				return false
			}
		}
		return true
	})
}

// either is what a TcpServer and a TcpClient have in common.
type either struct {
	metav1.ObjectMeta `json:"metadata"`
	Status            struct {
		ObservedGeneration int64
		Conditions         []metav1.Condition
	}
}

func isReady(r either) bool {
	return r.Status.ObservedGeneration == r.Generation && meta.IsStatusConditionTrue(r.Status.Conditions, v1alpha1.ConditionReady)
}

// awaitCondition waits for a condition such as Ready=False.
func (n namespace) awaitCondition(resource, condition string) {
	n.t.Helper()
	n.kubectl("wait", "--for=condition="+condition, resource, "--timeout=90s")
}

// awaitEvents waits until the resource has events of all the reasons.
func (n namespace) awaitEvents(kind, name string, reasons ...string) {
	n.t.Helper()
	within(n.t, 30*time.Second, fmt.Sprintf("the events %v of %s", reasons, name), func() bool {
		events := n.kubectl("get", "events", "--field-selector=involvedObject.kind="+kind+",involvedObject.name="+name)
		for _, reason := range reasons {
			if !strings.Contains(events, reason) {
				return false
			}
		}
		return true
	})
}
