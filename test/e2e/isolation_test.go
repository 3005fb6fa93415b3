//go:build e2e

package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// variedManifests make every kind of pod that the samples do not.
const variedManifests = `
apiVersion: tcp-operator.io/v1alpha1
kind: TcpServer
metadata: {name: low-port}
spec: {port: 80, replicas: 2, networkPolicy: {mode: Restrict}}
---
apiVersion: tcp-operator.io/v1alpha1
kind: TcpServer
metadata: {name: secure}
spec: {tls: {secretName: pair}}
---
apiVersion: tcp-operator.io/v1alpha1
kind: TcpClient
metadata: {name: secure-caller}
spec: {serverRef: {name: secure}, tls: {caSecretName: roots}}
`

// carelessManifest is a Deployment that Pod Security "restricted" warns of.
const carelessManifest = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: careless}
spec:
  selector: {matchLabels: {app: careless}}
  template: {metadata: {labels: {app: careless}}, spec: {containers: [{name: careless, image: careless}]}}
`

// TestRestrictedNamespace runs the samples, and what else there is, in a
// namespace that enforces Pod Security "restricted", and holds that nobody is
// warned: not the user, not the operator, and nobody who copies its children.
func TestRestrictedNamespace(t *testing.T) {
	t.Parallel()
	n := newNamespace(t, "e2e-restricted")
	certificate, key := selfSigned(t, "secure.e2e-restricted.svc")
	n.kubectl("create", "secret", "tls", "pair", "--cert="+certificate, "--key="+key)
	n.kubectl("create", "secret", "generic", "roots", "--from-file=ca.crt="+certificate)
	n.applySamples()
	n.apply(variedManifests)
	n.awaitReady(strings.Fields(n.kubectl("get", "tcp", "-o", "name"))...)

	if out := n.dryRun(carelessManifest); !strings.Contains(out, "would violate PodSecurity") {
		t.Fatalf("nobody is warned of a careless Deployment, so this test shows nothing:\n%s", out)
	}
	system := namespace{t, "tcp-operator-system"}
	deployments := append(get[appsv1.DeploymentList](n, "deployments").Items, get[appsv1.DeploymentList](system, "deployments").Items...)
	for _, d := range deployments {
		if out := n.dryRun(copyOf(t, d)); strings.Contains(out, "Warning") {
			t.Errorf("creating the Deployment %s/%s warns:\n%s", d.Namespace, d.Name, out)
		}
	}
	t.Logf("%d Deployments, no warning", len(deployments))
	if operator := operatorPod(t); len(operator.Spec.Volumes) == 0 {
		t.Fatal("the operator's own pod has no token, so that the others have none shows nothing")
	}
	for _, pod := range get[corev1.PodList](n, "pods").Items {
		checkHoldsNoToken(t, pod)
	}
	if strings.Contains(operatorLog(t), "PodSecurity") {
		t.Error("the operator was warned of its children: see its log")
	}
}

// checkHoldsNoToken looks at a pod as the API server has admitted it: nothing
// in it may call that server.
func checkHoldsNoToken(t *testing.T, pod corev1.Pod) {
	t.Helper()
	for _, v := range pod.Spec.Volumes {
		if v.Projected == nil {
			continue
		}
		for _, source := range v.Projected.Sources {
			if source.ServiceAccountToken != nil {
				t.Errorf("pod %s has the token of its service account in volume %s", pod.Name, v.Name)
			}
		}
	}
	for _, mount := range pod.Spec.Containers[0].VolumeMounts {
		if strings.HasPrefix(mount.MountPath, "/var/run/secrets/kubernetes.io") {
			t.Errorf("pod %s mounts %s", pod.Name, mount.MountPath)
		}
	}
}

// applySamples applies every file of the samples, whatever it holds.
func (n namespace) applySamples() {
	n.t.Helper()
	files, err := filepath.Glob(sample("tcp-operator.io_*.yaml"))
	if err != nil || len(files) == 0 {
		n.t.Fatalf("finding the samples (%v): %v", err, files)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			n.t.Fatal(err)
		}
		n.apply(string(text))
	}
}

// dryRun asks the API server what it would say to a new object.
func (n namespace) dryRun(manifest string) string {
	n.t.Helper()
	out, err := tryKubectl(n.t, manifest, "-n", n.name, "create", "--dry-run=server", "-f", "-")
	if err != nil {
		n.t.Fatalf("kubectl create --dry-run=server (%v):\n%s", err, out)
	}
	return out
}

// copyOf is a Deployment of the same spec under another name.
func copyOf(t *testing.T, d appsv1.Deployment) string {
	t.Helper()
	text, err := json.Marshal(appsv1.Deployment{
		TypeMeta:   metav1.TypeMeta{APIVersion: "apps/v1", Kind: "Deployment"},
		ObjectMeta: metav1.ObjectMeta{Name: "copy-of-" + d.Name},
		Spec:       d.Spec,
	})
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
