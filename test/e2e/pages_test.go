//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"tcp-operator.io/test/apiserver"
	"tcp-operator.io/test/markdown"
)

// TestPages types what the README and the scenarios show, and holds that it
// goes as they say.
func TestPages(t *testing.T) {
	t.Parallel()
	count := 0
	for _, page := range markdown.Pages(t) {
		commands := page.Runs()
		if len(commands) == 0 {
			continue
		}
		count++
		name := filepath.Base(filepath.Dir(page.Path)) // of the scenario
		if name == "." {
			name = "readme"
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			shell := newShell(t, newNamespace(t, "e2e-page-"+name))
			for _, c := range commands {
				shell.follow(c)
			}
		})
	}
	if count < 6 {
		t.Errorf("only %d pages have commands to run", count)
	}
}

// TestFieldSamples applies the manifests that show every field, as they are.
func TestFieldSamples(t *testing.T) {
	t.Parallel()
	n := newNamespace(t, "e2e-fields")
	t.Cleanup(func() { _, _ = run("", "kubectl", "delete", "priorityclass", "tcp-sample", "--ignore-not-found") })
	files, err := filepath.Glob(sample("fields/*.yaml"))
	if err != nil || len(files) < 4 {
		t.Fatalf("fields: %q (%v)", files, err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		n.apply(string(text))
	}
	n.awaitReady(strings.Fields(n.kubectl("get", "tcp", "-o", "name"))...)
}

// TestGatedSamples applies what Argo CD would, all waves at once.
func TestGatedSamples(t *testing.T) {
	t.Parallel()
	n := newNamespace(t, "e2e-gated")
	n.kubectl("apply", "-k", sample("scenarios/gitops/argocd/gated"))
	n.awaitReady("tcpserver/shop", "tcpclient/canary")
	n.kubectl("get", "configmap", "released")
}

// A shell runs commands as a reader types them. Variables last from one to the
// next; kubectl is the lab's, in a namespace of its own.
type shell struct {
	namespace
	variables string // a file
}

func newShell(t *testing.T, n namespace) shell {
	t.Helper()
	file := filepath.Join(t.TempDir(), "variables")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	return shell{n, file}
}

const asTyped = `
kubectl() {
	if [ "$1" = tcp ]; then
		shift
		KUBECONFIG=$("$LAB_COMMAND" --name "$LAB" kubeconfig) bin/kubectl-tcp -n %[1]s "$@"
	else
		"$LAB_COMMAND" --name "$LAB" kubectl -n %[1]s "$@"
	fi
}
set -a
. %[2]s
%[3]s
code=$?
export -p >%[2]s
exit $code
`

// run returns both outputs of a command.
func (s shell) run(command string) (string, error) {
	command = strings.ReplaceAll(command, "bin/lab ", `"$LAB_COMMAND" --name "$LAB" `)
	ctx, cancel := context.WithTimeout(s.t.Context(), 5*time.Minute)
	defer cancel()
	bash := exec.CommandContext(ctx, "bash", "-c", fmt.Sprintf(asTyped, s.name, s.variables, command))
	bash.Dir = apiserver.Root()
	out, err := bash.CombinedOutput()
	return string(out), err
}

// follow runs a command of a page. It has to fail where the page shows an error,
// and nowhere else. What only reads has to come to say the same reasons.
func (s shell) follow(c markdown.Command) {
	s.t.Helper()
	out, err := s.run(c.Text)
	if fails := strings.Contains("\n"+c.Output, "\nerror:"); fails != (err != nil) {
		s.t.Fatalf("$ %s%s(%v); the page says\n%s", c.Text, out, err, c.Output)
	}
	if !strings.HasPrefix(c.Text, "kubectl get tcp") {
		return
	}
	within(s.t, 30*time.Second, fmt.Sprintf("what the page says after $ %s%s", c.Text, c.Output), func() bool {
		out, _ := s.run(c.Text)
		return strings.Join(reason.FindAllString(out, -1), " ") == strings.Join(reason.FindAllString(c.Output, -1), " ")
	})
}

// reason is a word such as SessionsEstablished.
var reason = regexp.MustCompile(`\b([A-Z][a-z]+){2,}\b`)
