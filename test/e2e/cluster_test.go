//go:build e2e

// Package e2e checks the operator on a real cluster from outside: with kubectl,
// and where a fault has to be made, with the lab that the cluster runs in.
// hack/e2e.sh brings the cluster up and deploys the operator.
package e2e

import (
	"context"
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
	command := labCommand(context.Background(), args...)
	command.Stdin = strings.NewReader(stdin)
	out, err := command.CombinedOutput()
	return string(out), err
}

// labCommand is a command of the lab that ends with ctx.
func labCommand(ctx context.Context, args ...string) *exec.Cmd {
	return exec.CommandContext(ctx, os.Getenv("LAB_COMMAND"), append([]string{"--name", os.Getenv("LAB")}, args...)...)
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
