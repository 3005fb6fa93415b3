//go:build e2e

package e2e

import (
	"fmt"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"

	"tcp-operator.io/controllers/desired"
	"tcp-operator.io/workload/snapshot"
	"tcp-operator.io/workload/spec"
)

// pods are those of a resource that nobody has deleted.
func (n namespace) pods(kind, name string) []corev1.Pod {
	n.t.Helper()
	all := get[corev1.PodList](n, "pods", "-l", desired.KindLabel+"="+kind+","+desired.NameLabel+"="+name)
	var live []corev1.Pod
	for _, pod := range all.Items {
		if pod.DeletionTimestamp == nil {
			live = append(live, pod)
		}
	}
	return live
}

// pod is the one pod of a resource.
func (n namespace) pod(kind, name string) corev1.Pod {
	n.t.Helper()
	all := n.pods(kind, name)
	if len(all) != 1 {
		n.t.Fatalf("%s %s has %d pods, want 1", kind, name, len(all))
	}
	return all[0]
}

// restarts of the workload in a pod.
func restarts(pod corev1.Pod) int32 {
	if len(pod.Status.ContainerStatuses) == 0 {
		return 0
	}
	return pod.Status.ContainerStatuses[0].RestartCount
}

// snapshot asks the workload in a pod what it knows about itself.
func (n namespace) snapshot(pod corev1.Pod) snapshot.Snapshot {
	n.t.Helper()
	return decoded[snapshot.Snapshot](n, "get", "--raw", adminPath(pod, snapshot.Path))
}

// sessions asks the workload in a pod who is connected.
func (n namespace) sessions(pod corev1.Pod) []snapshot.SessionInfo {
	n.t.Helper()
	return decoded[snapshot.SessionList](n, "get", "--raw", adminPath(pod, snapshot.SessionsPath)).Sessions
}

// adminPath leads through the API server to a path of a pod's admin port.
func adminPath(pod corev1.Pod, path string) string {
	return fmt.Sprintf("/api/v1/namespaces/%s/pods/%s:%d/proxy%s", pod.Namespace, pod.Name, spec.AdminPort, path)
}

// kill ends the one container of a pod with SIGKILL. containerd sends it to
// the container's first process, so no other process can be hit.
func (n namespace) kill(pod corev1.Pod) {
	n.t.Helper()
	id := strings.TrimPrefix(pod.Status.ContainerStatuses[0].ContainerID, "containerd://")
	if out, err := lab(n.t, "", "ctr", "tasks", "kill", "--signal", "SIGKILL", id); err != nil {
		n.t.Fatalf("killing pod %s: %v\n%s", pod.Name, err, out)
	}
}

// killAndAwait kills a pod's container and returns the pod once a new
// container runs in its place.
func (n namespace) killAndAwait(pod corev1.Pod) corev1.Pod {
	n.t.Helper()
	before := restarts(pod)
	n.kill(pod)
	var after corev1.Pod
	within(n.t, time.Minute, "the kubelet to start the container again", func() bool {
		after = get[corev1.Pod](n, "pod", pod.Name)
		return restarts(after) == before+1 && after.Status.ContainerStatuses[0].State.Running != nil
	})
	return after
}

// checkUntouched holds that the pods are still there, and that the workload
// in them was never restarted.
func (n namespace) checkUntouched(pods []corev1.Pod) {
	n.t.Helper()
	for _, before := range pods {
		after := get[corev1.Pod](n, "pod", before.Name)
		if after.UID != before.UID || after.DeletionTimestamp != nil || restarts(after) != 0 {
			n.t.Errorf("pod %s was replaced, deleted or restarted (%d times)", before.Name, restarts(after))
		}
	}
}
