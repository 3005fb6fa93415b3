package security

import (
	"io"
	"net"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"

	"tcp-operator.io/test/crd"
	"tcp-operator.io/test/fields"
	"tcp-operator.io/test/kubelet"
	"tcp-operator.io/workload/spec"
)

// hostile are texts that mean something to a shell, a kubelet, a terminal, a
// log or a parser. To the project all of them are data.
var hostile = map[string]string{
	"a shell":               `"; rm -rf /; $(reboot) ` + "`reboot`" + ` && echo 'x' | sh #`,
	"a variable":            "$(KUBERNETES_SERVICE_HOST) $(POD_IP) $(TCP_WORKLOAD_SETTINGS)",
	"an escaped variable":   "$$(KUBERNETES_SERVICE_HOST) $$$(POD_IP) $$",
	"half a variable":       "costs $5, $(",
	"a line of a log":       "hello\n" + `{"time":"2026-01-01T00:00:00Z","level":"ERROR","msg":"forged"}` + "\n",
	"a line of a text log":  "hello\r\ntime=2026-01-01T00:00:00Z level=ERROR msg=forged\r\n",
	"a terminal":            "\x1b[2J\x1b]0;title\x07\x1b[31mred\x1b[0m\b\b",
	"a terminal of 8 bits":  "\u009b31m\u0085\u2028\u2029",
	"writing to the left":   "\u202egnp.exe\u202c\ufeff\u200b",
	"nothing and deletion":  "before\x00after\x7f",
	"JSON":                  `","port":1,"x":"\u0000\\`,
	"HTML":                  "<script>alert(1)</script>&amp;",
	"YAML":                  "a: b\n- c: !!python/object:x\n--- # {}",
	"a format":              "%s %d %n %!v(MISSING)",
	"a template":            "{{.Secret}} {nothing} ${HOME}",
	"characters of 4 bytes": strings.Repeat("\U0001f600", 250),
}

// environment is what a kubelet sets whatever the pod says.
var environment = map[string]string{"KUBERNETES_SERVICE_HOST": "10.96.0.1", "POD_IP": "10.0.0.7", "HOME": "/root"}

// TestTextsAreData follows hostile texts from the resource to the peer: stored,
// rendered, expanded by a kubelet, read by the program, sent. They arrive byte
// for byte.
func TestTextsAreData(t *testing.T) {
	for name, text := range hostile {
		t.Run(name, func(t *testing.T) {
			d := deploymentOf(t, fields.Server, map[string]any{
				"greeting": text,
				"reply":    map[string]any{"delay": "0s", "text": "reply: " + text, "exceptionText": "exception: " + text},
			})
			server := start(t, settingsOf(t, &d.Spec.Template), "server", "--admin-address=")
			peer := server.dial()
			peer.want(text)
			peer.send("hello")
			peer.want("reply: " + text)
			peer.send("\xff\xfe")
			peer.want("exception: " + text)
		})
	}
}

// settingsOf is what the workload finds in its environment.
func settingsOf(t *testing.T, pods *corev1.PodTemplateSpec) string {
	t.Helper()
	for _, variable := range pods.Spec.Containers[0].Env {
		if variable.Name == spec.SettingsEnv {
			return kubelet.Expand(variable.Value, environment)
		}
	}
	t.Fatalf("no variable %s", spec.SettingsEnv)
	return ""
}

// TestTextsTheAPIRefuses are those that no resource can hold.
func TestTextsTheAPIRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		json    string // of the greeting
		refused bool
	}{
		"1 MiB":       {`"` + strings.Repeat("x", 1<<20) + `"`, true},
		"no text":     {`["sh", "-c", "reboot"]`, true},
		"what it can": {`"` + strings.Repeat("x", 1024) + `"`, false},
	} {
		content := crd.Decode(t, []byte(`{"metadata": {"name": "it"}, "spec": {"greeting": `+c.json+`}}`))
		if refusal := crd.ServerSchema().Refusal(t, content); (refusal != "") != c.refused {
			t.Errorf("%s: refusal %.80q", name, refusal)
		}
	}
}

// TestLabelsAndAnnotationsAreData: they are copied, and read by nobody here.
func TestLabelsAndAnnotationsAreData(t *testing.T) {
	for name, text := range hostile {
		short := string([]rune(text)[:5]) // labels are short
		pod := map[string]any{"annotations": map[string]any{"note": text}, "labels": map[string]any{"note": short}}
		pods := deploymentOf(t, fields.Server, map[string]any{"pod": pod}).Spec.Template
		if got := pods.Annotations["note"]; got != text {
			t.Errorf("%s: the annotation is %q, want %q", name, got, text)
		}
		if got := pods.Labels["note"]; got != short {
			t.Errorf("%s: the label is %q, want %q", name, got, short)
		}
		if got := settingsOf(t, &pods); strings.Contains(got, "note") {
			t.Errorf("%s: the workload is told of an annotation: %s", name, got)
		}
	}
}

// executed says which programs a pod would run beside the workload, and by
// which words: the kubelet expands variables in them.
func executed(pod *corev1.PodSpec) (all []string) {
	if len(pod.InitContainers)+len(pod.EphemeralContainers) > 0 || len(pod.Containers) != 1 {
		return []string{"the pod has other containers than the workload's"}
	}
	c := pod.Containers[0]
	if len(c.Command) > 0 || len(c.Args) != 1 || c.Args[0] != "server" && c.Args[0] != "client" {
		all = append(all, "the workload is run as "+strings.Join(append(c.Command, c.Args...), " "))
	}
	handlers := map[string]*corev1.ExecAction{"liveness": c.LivenessProbe.Exec, "readiness": c.ReadinessProbe.Exec}
	if c.StartupProbe != nil {
		handlers["startup"] = c.StartupProbe.Exec
	}
	if c.Lifecycle != nil && c.Lifecycle.PreStop != nil {
		handlers["preStop"] = c.Lifecycle.PreStop.Exec
	}
	for name, command := range handlers {
		if command != nil {
			all = append(all, name+" runs a command")
		}
	}
	return all
}

// A peer is the other end of a session.
type peer struct {
	t    *testing.T
	conn net.Conn
}

func (p peer) send(text string) {
	p.t.Helper()
	if _, err := io.WriteString(p.conn, text); err != nil {
		p.t.Fatal(err)
	}
}

// want reads as many bytes as text has and compares.
func (p peer) want(text string) {
	p.t.Helper()
	got := make([]byte, len(text))
	if _, err := io.ReadFull(p.conn, got); err != nil {
		p.t.Fatalf("after %q: %v", got, err)
	}
	if string(got) != text {
		p.t.Errorf("got %q, want %q", got, text)
	}
}
