package docs_test

import (
	"slices"
	"strings"
	"testing"

	"tcp-operator.io/test/markdown"
)

// Why a block of commands is not run as it stands. What it stands for is held
// elsewhere.
const (
	asScript   = "hack/demo.sh or hack/e2e.sh does the same"
	asTest     = "a test does the same in Go"
	atWill     = "shows commands to choose from, or what a person watches"
	registry   = "needs a registry; TestInstallations installs from the same files"
	howItBroke = "the outage was made by hand; the tests of faults make the same kinds"
	long       = "takes many minutes"
)

// notRun are the blocks that are not run, by a text that they contain.
var notRun = []struct{ page, contains, why string }{
	{"README.md", "make demo", asScript},
	{"README.md", "ServerNotFound", atWill},
	{"README.md", "get tcpclient caller -w", asTest},
	{"CONTRIBUTING.md", "bin/lab status", atWill},
	{"CONTRIBUTING.md", "/v1/snapshot", asTest},
	{"CONTRIBUTING.md", "add table ip cut", asTest},
	{"docs/install.md", "docker build", registry},
	{"docs/install.md", "helm install", registry},
	{"docs/install.md", "sed ", registry},
	{"docs/install.md", "helm uninstall", registry},
	{"docs/install.md", "kubectl delete crd", registry},
	{"docs/kubectl-tcp.md", "", asTest},
	{"docs/page.md", "", asTest},
	{"docs/metrics.md", "create serviceaccount", atWill},
	{"docs/performance.md", "make bench", long},
	{"docs/reliability.md", "", long},
	{"docs/scenarios.md", "", howItBroke},
	{"docs/troubleshooting.md", "get tcp -A", atWill},
	{"docs/troubleshooting.md", "get tcpclient caller -o yaml", howItBroke},
	{"docs/workload.md", "workload ", asTest},
	{"lab/README.md", "bin/lab up", asScript},
}

// TestCommandsAreAccountedFor: what a page tells a reader to type is run, or it
// is known why not.
func TestCommandsAreAccountedFor(t *testing.T) {
	for _, p := range markdown.Pages(t) {
		for _, b := range p.Blocks {
			if isCommands := slices.Contains([]string{"sh", "bash", "console"}, b.Language); isCommands && !p.IsRun(b) && whyNot(p, b) == "" {
				t.Errorf("%s: nothing runs this block, and notRun has no reason:\n%s", p.Path, b.Text)
			}
		}
	}
}

func whyNot(p markdown.Page, b markdown.Block) string {
	for _, n := range notRun {
		if n.page == p.Path && strings.Contains(b.Text, n.contains) {
			return n.why
		}
	}
	return ""
}
