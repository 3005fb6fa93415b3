// Package helm runs the release of Helm that helm.mod pins.
package helm

import (
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"tcp-operator.io/test/apiserver"
)

// Chart is the folder of the operator's chart.
func Chart() string { return filepath.Join(apiserver.Root(), "dist", "chart") }

// program compiles Helm, and returns where it is.
var program = sync.OnceValues(func() (string, error) {
	command := exec.Command("go", "tool", "-n", "-modfile=helm.mod", "helm")
	command.Dir = apiserver.Root()
	path, err := command.Output()
	return strings.TrimSpace(string(path)), err
})

// Command is a command line of Helm that ends with the test.
func Command(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	path, err := program()
	if err != nil {
		t.Fatal(err)
	}
	return exec.CommandContext(t.Context(), path, args...)
}
