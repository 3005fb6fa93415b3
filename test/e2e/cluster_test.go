//go:build e2e

// Package e2e checks the samples on a real cluster from outside, with kubectl
// and nothing else. hack/e2e.sh brings the cluster up and deploys the operator.
package e2e

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tcp-operator.io/test/apiserver"
)

// kubectl runs kubectl on the lab and returns what it printed; a failure of
// kubectl fails the test.
func kubectl(t *testing.T, args ...string) string {
	t.Helper()
	out, err := tryKubectl(t, "", args...)
	if err != nil {
		t.Fatalf("kubectl %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return out
}

// tryKubectl runs kubectl with stdin and returns what it printed on both
// outputs.
func tryKubectl(t *testing.T, stdin string, args ...string) (string, error) {
	t.Helper()
	return lab(t, stdin, append([]string{"kubectl"}, args...)...)
}

// lab runs a command of the lab that hack/e2e.sh brought up.
func lab(t *testing.T, stdin string, args ...string) (string, error) {
	t.Helper()
	if os.Getenv("LAB_COMMAND") == "" || os.Getenv("LAB") == "" {
		t.Fatal("there is no lab: run make e2e")
	}
	return run(stdin, args...)
}

func run(stdin string, args ...string) (string, error) {
	command := exec.Command(os.Getenv("LAB_COMMAND"), append([]string{"--name", os.Getenv("LAB")}, args...)...)
	command.Stdin = strings.NewReader(stdin)
	var out bytes.Buffer
	command.Stdout, command.Stderr = &out, &out
	err := command.Run()
	return out.String(), err
}

// explain logs what a person would look at after a failure.
func explain(t *testing.T, namespace string) {
	t.Helper()
	for _, args := range [][]string{
		{"get", "tcp,pods", "-o", "wide"},
		{"get", "tcp", "-o", "yaml"},
		{"describe", "pods"},
		{"logs", "-l", "app.kubernetes.io/managed-by=tcp-operator", "--prefix", "--tail=50"},
		{"logs", "-n", "tcp-operator-system", "deployment/tcp-operator-manager", "--tail=50"},
	} {
		out, _ := run("", append([]string{"kubectl", "-n", namespace}, args...)...)
		t.Logf("kubectl %s\n%s", strings.Join(args, " "), out)
	}
}

// newNamespace makes a namespace that enforces Pod Security "restricted", and
// deletes it in the end. The returned function is kubectl in it.
func newNamespace(t *testing.T, name string) func(args ...string) string {
	t.Helper()
	kubectl(t, "create", "namespace", name)
	kubectl(t, "label", "namespace", name, "pod-security.kubernetes.io/enforce=restricted")
	t.Cleanup(func() {
		if t.Failed() {
			explain(t, name)
		}
		_, _ = run("", "kubectl", "delete", "namespace", name, "--wait=false")
	})
	return func(args ...string) string {
		t.Helper()
		return kubectl(t, append([]string{"-n", name}, args...)...)
	}
}

// sample is the path of a file in config/samples.
func sample(name string) string {
	return filepath.Join(apiserver.Root(), "config", "samples", name)
}

// within asks until is says yes.
func within(t *testing.T, limit time.Duration, what string, is func() bool) {
	t.Helper()
	deadline := time.Now().Add(limit)
	for !is() {
		if time.Now().After(deadline) {
			t.Fatalf("waited %s in vain for %s", limit, what)
		}
		time.Sleep(500 * time.Millisecond)
	}
}
