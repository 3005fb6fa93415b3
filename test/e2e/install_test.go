//go:build e2e

package e2e

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"tcp-operator.io/test/apiserver"
	"tcp-operator.io/test/helm"
	"tcp-operator.io/test/kustomize"
)

// TestInstallations changes how the operator is installed while a pair talks:
// by the one file, by the chart, by another release of the chart and back, not
// at all, and again. In between it is in one namespace alone. Sessions go on
// throughout, until the CRDs go. It runs alone, because the tests after it need
// an operator, with its page.
func TestInstallations(t *testing.T) {
	images := imagesOf(operatorPod(t))
	restore := installFile(t, images)
	defer install(t, withPage(t, images))
	n := newNamespace(t, "e2e-install")
	n.apply(installedPair)
	n.awaitReady("tcpserver/greeter", "tcpclient/caller")
	pods := slices.Concat(n.pods("TcpServer", "greeter"), n.pods("TcpClient", "caller"))
	untouched := func(after string) {
		t.Helper()
		n.awaitActing(after)
		n.checkUntouched(pods)
		if lost := n.client("caller").Status.Sessions.Lost; lost != 0 {
			t.Errorf("%s: %d sessions were lost", after, lost)
		}
	}

	kubectlStdin(t, without(t, restore, "CustomResourceDefinition", "Namespace"), "delete", "-f", "-")
	n.checkUntouched(pods)
	release := []string{"tcp-operator", helm.Chart(), "--namespace", operatorNamespace, "--wait", "--timeout", "3m",
		"--set", "image.registry=" + images.registry + ",image.tag=" + images.tag}
	runHelm(t, append([]string{"install", "--take-ownership", "--force-conflicts"}, release...)...)
	untouched("install")
	elsewhere := newNamespace(t, "e2e-install-elsewhere")
	runHelm(t, append([]string{"upgrade", "--set", "namespaces={" + n.name + "},snapshotInterval=1s"}, release...)...)
	elsewhere.apply(installedPair)
	untouched("upgrade to one namespace")
	if made := elsewhere.kubectl("get", "deployments,services", "-o", "name"); strings.TrimSpace(made) != "" {
		t.Errorf("in a namespace that is not the operator's there are\n%s", made)
	}
	if errors := operatorErrors(t, "forbidden"); len(errors) > 0 {
		t.Errorf("in one namespace the operator lacks rights:\n%s", strings.Join(errors, ""))
	}
	runHelm(t, "rollback", "tcp-operator", "1", "--namespace", operatorNamespace, "--wait", "--timeout", "3m")
	untouched("rollback")
	elsewhere.awaitReady("tcpserver/greeter", "tcpclient/caller")
	runHelm(t, "uninstall", "tcp-operator", "--namespace", operatorNamespace, "--wait")
	n.checkUntouched(pods)
	install(t, restore)
	untouched("dist/install.yaml")

	kubectl(t, "delete", "crd", "tcpservers.tcp-operator.io", "tcpclients.tcp-operator.io", "--timeout=60s")
	within(t, time.Minute, "all children to be gone", func() bool {
		return len(get[corev1.PodList](n, "pods").Items) == 0 && strings.TrimSpace(n.kubectl("get", "deployments,services", "-o", "name")) == ""
	})
}

const installedPair = `
apiVersion: tcp-operator.io/v1alpha1
kind: TcpServer
metadata: {name: greeter}
spec: {reply: {delay: 200ms}}
---
apiVersion: tcp-operator.io/v1alpha1
kind: TcpClient
metadata: {name: caller}
spec: {serverRef: {name: greeter}, reply: {delay: 200ms}}
`

// awaitActing changes a spec, in a way that no pod notices, and waits until an
// operator has seen it.
func (n namespace) awaitActing(after string) {
	n.t.Helper()
	n.patch("tcpserver/greeter", `{"service": {"annotations": {"after": "`+strings.ReplaceAll(after, "/", "-")+`"}}}`)
	within(n.t, 2*time.Minute, "the operator to act after "+after, func() bool {
		service := get[corev1.Service](n, "service", "greeter")
		return service.Annotations["after"] == strings.ReplaceAll(after, "/", "-")
	})
	n.awaitReady("tcpserver/greeter", "tcpclient/caller")
}

// images of an installation: both have one registry and one tag.
type images struct{ registry, tag string }

func imagesOf(operator corev1.Pod) images {
	name, tag, _ := strings.Cut(operator.Spec.Containers[0].Image, ":")
	return images{registry: strings.TrimPrefix(strings.TrimSuffix(name, "/manager"), "docker.io/"), tag: tag}
}

var shippedImage = regexp.MustCompile(`tcp-operator/(manager|workload):dev\b`)

// installFile is dist/install.yaml with the images that the cluster has.
func installFile(t *testing.T, with images) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(apiserver.Root(), "dist", "install.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	return shippedImage.ReplaceAllString(string(text), with.registry+"/$1:"+with.tag)
}

// withPage is what hack/e2e.sh deploys.
func withPage(t *testing.T, with images) string {
	t.Helper()
	var all []string
	for _, o := range kustomize.BuildWith(t, "config/default", "config/ui") {
		all = append(all, text(t, o))
	}
	return shippedImage.ReplaceAllString(strings.Join(all, "---\n"), with.registry+"/$1:"+with.tag)
}

// install applies the manifests, and waits until an operator runs.
func install(t *testing.T, manifests string) {
	t.Helper()
	kubectlStdin(t, manifests, "apply", "--server-side", "--force-conflicts", "-f", "-")
	kubectl(t, "wait", "--for=condition=Established", "crd/tcpservers.tcp-operator.io", "crd/tcpclients.tcp-operator.io", "--timeout=60s")
	kubectl(t, "-n", operatorNamespace, "rollout", "status", operatorDeployment, "--timeout=180s")
}

// without leaves out the objects of some kinds.
func without(t *testing.T, manifests string, kinds ...string) string {
	t.Helper()
	var kept []string
	for _, o := range kustomize.Objects(t, []byte(manifests)) {
		if !slices.Contains(kinds, o.GetKind()) {
			kept = append(kept, text(t, o))
		}
	}
	return strings.Join(kept, "---\n")
}

func text(t *testing.T, o unstructured.Unstructured) string {
	t.Helper()
	out, err := yaml.Marshal(o.Object)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func kubectlStdin(t *testing.T, stdin string, args ...string) {
	t.Helper()
	if out, err := tryKubectl(t, stdin, args...); err != nil {
		t.Fatalf("kubectl %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

// runHelm runs Helm on the lab.
func runHelm(t *testing.T, args ...string) {
	t.Helper()
	kubeconfig, err := lab(t, "", "kubeconfig")
	if err != nil {
		t.Fatal(err)
	}
	command := helm.Command(t, args...)
	command.Env = append(os.Environ(), "KUBECONFIG="+strings.TrimSpace(kubeconfig))
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("helm %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}
