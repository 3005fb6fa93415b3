//go:build e2e

package e2e

import (
	"maps"
	"slices"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"

	"tcp-operator.io/api/v1alpha1"
	"tcp-operator.io/controllers/desired"
)

// inventory is what there is in a namespace. Deployments and clients are by
// name.
type inventory struct {
	deployments map[string]appsv1.Deployment
	clients     map[string]v1alpha1.TcpClient
	pods        []corev1.Pod
}

func (n namespace) inventory() inventory {
	n.t.Helper()
	all := inventory{deployments: map[string]appsv1.Deployment{}, clients: map[string]v1alpha1.TcpClient{}}
	for _, d := range get[appsv1.DeploymentList](n, "deployments").Items {
		all.deployments[d.Name] = d
	}
	for _, c := range get[v1alpha1.TcpClientList](n, "tcpclients").Items {
		all.clients[c.Name] = c
	}
	for _, p := range get[corev1.PodList](n, "pods").Items {
		if p.DeletionTimestamp == nil {
			all.pods = append(all.pods, p)
		}
	}
	return all
}

// fate is what may have become of a Deployment meanwhile.
type fate struct {
	replicas int32
	changes  int64 // of its spec
	replaced bool  // its pods are new
	restarts int32 // of each of its pods, since they began
}

// checkEndState waits until there are as many pods as there should be, and
// holds that nothing has happened but what was asked for: no child more, no
// change more, no pod restarted or replaced, and nothing forgotten.
func (n namespace) checkEndState(before inventory, fates map[string]fate) {
	n.t.Helper()
	var after inventory
	within(n.t, 90*time.Second, "the wanted Deployments and their pods", func() bool {
		after = n.inventory()
		return n.settled(after, fates)
	})
	n.checkServices(fates, after)
	for name, f := range fates {
		if old, ok := before.deployments[name]; ok {
			now := after.deployments[name]
			if now.UID != old.UID || now.Generation != old.Generation+f.changes {
				n.t.Errorf("Deployment %s went from generation %d to %d (created anew: %t), want %d changes",
					name, old.Generation, now.Generation, now.UID != old.UID, f.changes)
			}
		}
	}
	for _, pod := range before.pods {
		if f, ok := fates[pod.Labels[desired.NameLabel]]; ok && !f.replaced {
			n.checkPod(pod, after.pods, f.restarts)
		}
	}
	for name, old := range before.clients {
		n.checkRemembered(old, name)
	}
}

// settled reports whether the Deployments are those of fates, and each has its
// pods, all of them ready unless they mourn a server.
func (n namespace) settled(now inventory, fates map[string]fate) bool {
	n.t.Helper()
	names := slices.Sorted(maps.Keys(now.deployments))
	if !slices.Equal(names, slices.Sorted(maps.Keys(fates))) {
		return false
	}
	pods := map[string]int32{}
	for _, pod := range now.pods {
		pods[pod.Labels[desired.NameLabel]]++
	}
	for name, f := range fates {
		d := now.deployments[name]
		if d.Status.ObservedGeneration != d.Generation || d.Status.UpdatedReplicas != f.replicas || pods[name] != f.replicas {
			return false
		}
	}
	return true
}

// checkServices holds that every server has its Service, and nobody else.
func (n namespace) checkServices(fates map[string]fate, now inventory) {
	n.t.Helper()
	want := slices.Sorted(maps.Keys(fates))
	want = slices.DeleteFunc(want, func(name string) bool { _, client := now.clients[name]; return client })
	var have []string
	for _, s := range get[corev1.ServiceList](n, "services").Items {
		have = append(have, s.Name)
	}
	if slices.Sort(have); !slices.Equal(have, want) {
		n.t.Errorf("there are the Services %v, want %v", have, want)
	}
}

func (n namespace) checkPod(before corev1.Pod, after []corev1.Pod, want int32) {
	n.t.Helper()
	i := slices.IndexFunc(after, func(p corev1.Pod) bool { return p.UID == before.UID })
	if i < 0 {
		n.t.Errorf("pod %s was replaced", before.Name)
	} else if got := restarts(after[i]); got != want {
		n.t.Errorf("pod %s was restarted %d times, want %d", before.Name, got, want)
	}
}

// checkRemembered holds that a client's status has lost nothing: counters have
// not fallen, and every outage is still there.
func (n namespace) checkRemembered(before v1alpha1.TcpClient, name string) {
	n.t.Helper()
	after := n.client(name).Status
	if after.Messages.Received < before.Status.Messages.Received || after.Sessions.Opened < before.Status.Sessions.Opened ||
		after.Sessions.Lost < before.Status.Sessions.Lost {
		n.t.Errorf("counters of %s fell from %+v, %+v to %+v, %+v", name,
			before.Status.Messages, before.Status.Sessions, after.Messages, after.Sessions)
	}
	for _, old := range before.Status.Outages {
		if !slices.ContainsFunc(after.Outages, func(o v1alpha1.Outage) bool { return o.StartTime.Equal(&old.StartTime) && o.Pod == old.Pod }) {
			n.t.Errorf("%s has forgotten the outage %+v: %+v", name, old, after.Outages)
		}
	}
}
