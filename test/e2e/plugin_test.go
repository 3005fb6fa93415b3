//go:build e2e

package e2e

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tcp-operator.io/test/apiserver"
	"tcp-operator.io/topology"
)

const pluginManifests = `
apiVersion: tcp-operator.io/v1alpha1
kind: TcpServer
metadata: {name: greeter}
spec: {reply: {delay: 500ms}}
---
apiVersion: tcp-operator.io/v1alpha1
kind: TcpClient
metadata: {name: caller}
spec: {serverRef: {name: greeter}, sessions: 2, reply: {delay: 500ms}}
---
apiVersion: tcp-operator.io/v1alpha1
kind: TcpClient
metadata: {name: lonely}
spec: {serverRef: {name: nobody}}
`

// TestPlugin asks real pods with the plugin, and reads the operator's page
// through it.
func TestPlugin(t *testing.T) {
	t.Parallel()
	n := newNamespace(t, "e2e-plugin")
	n.apply(pluginManifests)
	n.awaitReady("tcpserver/greeter", "tcpclient/caller")
	server, client := n.pod("TcpServer", "greeter").Name, n.pod("TcpClient", "caller").Name

	t.Run("wait", func(t *testing.T) {
		for _, c := range []struct {
			args []string
			code int
			says string
		}{
			{[]string{"wait", "caller", "--for", "verdict", "--during", "2s", "--timeout", "60s", "--report", "json=-"}, 0, `"outcome": "Met"`},
			{[]string{"wait", "lonely", "--timeout", "1s"}, 3, "ServerNotFound"},
		} {
			out, code := namespace{t, n.name}.plugin(c.args...)
			if code != c.code || !strings.Contains(out, c.says) {
				t.Errorf("kubectl tcp %s ends with %d and says\n%s\nwant %d and %q", strings.Join(c.args, " "), code, out, c.code, c.says)
			}
		}
	})
	t.Run("status", func(t *testing.T) {
		for name, wants := range map[string][]string{
			"caller":  {"Healthy (SessionsEstablished)", "2 of 2 established", client, server, "ExpectationsMet", "SessionsEstablished"},
			"greeter": {"Healthy (ReplicasReady)", client, server, "ReplicasReady"},
			"lonely":  {"Progressing (ServerNotFound)"},
		} {
			out, code := namespace{t, n.name}.plugin("status", name)
			for _, want := range wants {
				if code != 0 || !strings.Contains(out, want) {
					t.Errorf("kubectl tcp status %s ends with %d and lacks %q:\n%s", name, code, want, out)
				}
			}
		}
	})
	t.Run("sessions", func(t *testing.T) { namespace{t, n.name}.checkSessionsOf("caller", client, server) })
	t.Run("ui", func(t *testing.T) { namespace{t, n.name}.checkPage() })
}

// checkSessionsOf holds that the plugin finds both ends of a client's two
// sessions, and what the kernel says of them.
func (n namespace) checkSessionsOf(name, client, server string) {
	n.t.Helper()
	out, code := n.plugin("sessions", name, "-o", "json")
	var all []topology.Session
	if err := json.Unmarshal([]byte(out), &all); err != nil || code != 0 || len(all) != 2 {
		n.t.Fatalf("kubectl tcp sessions ends with %d and lists %d sessions (%v), want 2:\n%s", code, len(all), err, out)
	}
	for _, s := range all {
		if s.Client == nil || s.Server == nil || s.Client.Pod != client || s.Server.Pod != server || s.Client.TCP == nil {
			n.t.Errorf("a session has the ends %+v and %+v, want pods %s and %s, and the kernel's view", s.Client, s.Server, client, server)
		}
	}
}

// checkPage opens the page without a browser, and holds that it shows what the
// pods say.
func (n namespace) checkPage() {
	n.t.Helper()
	ctx, stop := context.WithCancel(n.t.Context())
	defer stop()
	address := n.openPage(ctx)
	var shown struct {
		Live    bool
		Clients []topology.Client
	}
	within(n.t, 30*time.Second, "the page to show the client's sessions", func() bool {
		n.read(address+"api/v1/topology", &shown)
		for _, c := range shown.Clients {
			if c.Namespace == n.name && c.Name == "caller" {
				return c.Sessions.Established == 2 && c.Messages.Received > 0 && c.Server != nil && c.Server.Name == "greeter"
			}
		}
		return false
	})
	if !shown.Live {
		n.t.Error("the page says that its numbers do not come from the pods")
	}
	answer, err := http.Get(address)
	if err != nil {
		n.t.Fatal(err)
	}
	defer answer.Body.Close()
	if kind := answer.Header.Get("Content-Type"); answer.StatusCode != http.StatusOK || !strings.HasPrefix(kind, "text/html") {
		n.t.Errorf("the page itself is answered by %s with %s", answer.Status, kind)
	}
}

// openPage runs kubectl tcp ui until ctx ends, and returns the page's address.
func (n namespace) openPage(ctx context.Context) string {
	n.t.Helper()
	command := n.pluginCommand(ctx, "ui", "--no-browser")
	out, err := command.StdoutPipe()
	if err == nil {
		err = command.Start()
	}
	if err != nil {
		n.t.Fatal(err)
	}
	n.t.Cleanup(func() { _ = command.Wait() }) // the end of ctx kills it
	lines := bufio.NewScanner(out)
	if !lines.Scan() || !strings.HasPrefix(lines.Text(), "http://127.0.0.1:") {
		n.t.Fatalf("kubectl tcp ui prints %q (%v), want the page's address", lines.Text(), lines.Err())
	}
	return lines.Text()
}

func (n namespace) read(address string, into any) {
	n.t.Helper()
	answer, err := http.Get(address)
	if err != nil {
		n.t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		n.t.Fatalf("%s answers %s", address, answer.Status)
	}
	if err := json.NewDecoder(answer.Body).Decode(into); err != nil {
		n.t.Fatalf("%s: %v", address, err)
	}
}

// plugin runs kubectl-tcp in the namespace, and returns both its outputs and
// its exit code.
func (n namespace) plugin(args ...string) (string, int) {
	n.t.Helper()
	out, err := n.pluginCommand(n.t.Context(), args...).CombinedOutput()
	if failed, ok := errors.AsType[*exec.ExitError](err); ok {
		return string(out), failed.ExitCode()
	}
	if err != nil {
		n.t.Fatal(err)
	}
	return string(out), 0
}

func (n namespace) pluginCommand(ctx context.Context, args ...string) *exec.Cmd {
	n.t.Helper()
	kubeconfig, err := lab(n.t, "", "kubeconfig")
	if err != nil {
		n.t.Fatal(err)
	}
	command := exec.CommandContext(ctx, filepath.Join(apiserver.Root(), "bin", "kubectl-tcp"), append([]string{"-n", n.name}, args...)...)
	command.Env = append(os.Environ(), "KUBECONFIG="+strings.TrimSpace(kubeconfig))
	return command
}
