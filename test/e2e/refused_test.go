//go:build e2e

package e2e

import (
	"strings"
	"testing"
)

// TestWrongInput holds what a person sees who writes something wrong.
func TestWrongInput(t *testing.T) {
	t.Parallel()
	newNamespace(t, "e2e-refused")
	const server, client = "TcpServer", "TcpClient"
	for name, c := range map[string]struct{ kind, spec, want string }{
		"an unknown field":     {server, `{prot: 9527}`, `unknown field "spec.prot"`},
		"port 70000":           {server, `{port: 70000}`, `spec.port: Invalid value: 70000: spec.port in body should be less than or equal to 65535`},
		"a malformed duration": {server, `{reply: {delay: 5 seconds}}`, `spec.reply.delay: Invalid value: "5 seconds": must be a duration such as 500ms, 5s, 1m30s or 1h`},
		"both targets":         {client, `{serverRef: {name: a}, address: {host: b, port: 1}}`, `exactly one of the fields in [serverRef address] must be set`},
		"no target":            {client, `{}`, `exactly one of the fields in [serverRef address] must be set`},
	} {
		t.Run(name, func(t *testing.T) {
			manifest := "apiVersion: tcp-operator.io/v1alpha1\nkind: " + c.kind +
				"\nmetadata: {name: wrong, namespace: e2e-refused}\nspec: " + c.spec + "\n"
			out, err := tryKubectl(t, manifest, "apply", "-f", "-")
			if err == nil || !strings.Contains(out, c.want) {
				t.Errorf("kubectl apply says (%v)\n%s\nwant it refused with\n%s", err, out, c.want)
			}
		})
	}
}
