package docs_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"tcp-operator.io/test/apiserver"
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
	{"config/gitops/argocd/README.md", "--patch-file", "needs Argo CD; a test compares the patch with the scripts"},
	{"docs/install.md", "docker build", registry},
	{"docs/install.md", "kubectl apply -k config/namespaced", "TestInstallations does the same with the chart, and a test compares the two"},
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
	{"docs/walkthrough.md", "make demo", asScript},
	{"docs/walkthrough.md", "apt-get", atWill},
	{"docs/walkthrough.md", "alias kubectl", atWill},
	{"docs/walkthrough.md", "kubectl-tcp", "TestPlugin asks the same of real pods"},
	{"docs/walkthrough.md", "/ui/api/v1/topology", "TestPlugin asks the same of real pods"},
	{"docs/walkthrough.md", "kubectl delete pod", asTest},
	{"docs/workload.md", "workload ", asTest},
	{"lab/README.md", "bin/lab up", asScript},
}

// TestBlocksSayWhatTheyAre, so that none escapes the checks of its kind. One
// without a language has to begin with a command, and is taken for console.
func TestBlocksSayWhatTheyAre(t *testing.T) {
	for _, p := range markdown.Pages(t) {
		for _, b := range p.Blocks {
			isCommands := b.Language == "" && strings.HasPrefix(b.Text, "$ ")
			if !isCommands && !slices.Contains([]string{"sh", "console", "yaml", "text"}, b.Language) {
				t.Errorf("%s: write sh, console, yaml or text, not %q, at the block\n%s", p.Path, b.Language, b.Text)
			}
		}
	}
}

// shipped is a path of the source tree in a command.
var shipped = regexp.MustCompile(`(?:^|[\s=@])((?:config|dist|hack|cmd|docs|lab|test)/[\w./-]+)`)

// TestCommandsCanBeTyped: whether or not anything runs them, commands are what a
// shell can read, and the files that they name are there.
func TestCommandsCanBeTyped(t *testing.T) {
	typed := 0
	for _, p := range markdown.Pages(t) {
		for _, b := range p.Blocks {
			script := commandsOf(b)
			if script == "" {
				continue
			}
			typed++
			shell := exec.CommandContext(t.Context(), "bash", "-n")
			shell.Stdin = strings.NewReader(script)
			if out, err := shell.CombinedOutput(); err != nil {
				t.Errorf("%s: no shell can read (%v: %s)\n%s", p.Path, err, out, script)
			}
			for _, match := range shipped.FindAllStringSubmatch(script, -1) {
				if _, err := os.Stat(filepath.Join(apiserver.Root(), match[1])); err != nil {
					t.Errorf("%s: there is no %s, which is named in\n%s", p.Path, match[1], script)
				}
			}
		}
	}
	if typed < 30 {
		t.Errorf("found only %d blocks of commands", typed)
	}
}

// commandsOf is what a block tells to type.
func commandsOf(b markdown.Block) string {
	if b.Language == "sh" {
		return b.Text
	}
	var all strings.Builder
	for _, c := range b.Commands() {
		all.WriteString(c.Text)
	}
	return all.String()
}

// TestCommandsAreAccountedFor: what a page tells a reader to type is run, or it
// is known why not. No reason outlives its block.
func TestCommandsAreAccountedFor(t *testing.T) {
	for _, n := range notRun {
		isThere := func(b markdown.Block) bool { return strings.Contains(b.Text, n.contains) }
		if !slices.ContainsFunc(markdown.Read(t, n.page).Blocks, isThere) {
			t.Errorf("notRun has a reason for %q in %s, where there is no such block", n.contains, n.page)
		}
	}
	for _, p := range markdown.Pages(t) {
		for _, b := range p.Blocks {
			if isCommands := commandsOf(b) != ""; isCommands && !p.IsRun(b) && whyNot(p, b) == "" {
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
