//go:build e2e

package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// TestABlockedPath expects a path not to exist: first one that does not, then
// one that does.
func TestABlockedPath(t *testing.T) {
	t.Parallel()
	k := newNamespace(t, "e2e-blocked").kubectl
	apply := func(port int) {
		t.Helper()
		manifest := fmt.Sprintf(`{apiVersion: tcp-operator.io/v1alpha1, kind: TcpClient, metadata: {name: prober, namespace: e2e-blocked},
			spec: {address: {host: 127.0.0.1, port: %d}, reconnect: {initialDelay: 1s, maxDelay: 1s}, expect: {connect: Blocked}}}`, port)
		if out, err := tryKubectl(t, manifest, "apply", "-f", "-"); err != nil {
			t.Fatal(out)
		}
	}
	apply(9) // nobody listens in the pod
	k("wait", "--for=condition=Ready", "tcpclient/prober", "--timeout=60s")
	if got := k("get", "tcpclient/prober"); !strings.Contains(got, "Blocked") {
		t.Errorf("a blocked path shows\n%s", got)
	}
	apply(19527) // the workload itself listens there
	k("wait", "--for=condition=Stalled", "tcpclient/prober", "--timeout=60s")
	within(t, 30*time.Second, "the verdict and its event", func() bool {
		reason := k("get", "tcpclient/prober", "-o", `jsonpath={.status.conditions[?(@.type=="ExpectationsMet")].reason}`)
		events := k("get", "events", "--field-selector=involvedObject.kind=TcpClient")
		return reason == "UnexpectedSession" && strings.Contains(events, "ExpectationBroken")
	})
	apply(9)
	k("wait", "--for=condition=Ready", "tcpclient/prober", "--timeout=60s")
}
