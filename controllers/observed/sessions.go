package observed

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strconv"
	"sync"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"tcp-operator.io/controllers/desired"
	"tcp-operator.io/workload/snapshot"
)

// What Sessions asks for at most: a person reads it.
const (
	maxPodsAsked      = 20
	maxSessionsListed = 50
)

// PodSessions is a pod, and what it says of who is connected to it.
type PodSessions struct {
	Name  string `json:"name"`
	Node  string `json:"node"`
	Ready bool   `json:"ready"`
	// Problem is why the pod does not say; empty where it does.
	Problem string `json:"problem,omitempty"`
	// Total counts all sessions, listed here or not.
	Total    int                    `json:"total"`
	Sessions []snapshot.SessionInfo `json:"sessions"`
}

// Sessions asks the pods of a resource who is connected to them now, and how
// many pods there are beside those returned. pods lists them, from a cache. No
// pod costs more time than a snapshot does.
func Sessions(ctx context.Context, pods client.Reader, kind string, key client.ObjectKey) (said []PodSessions, more int, err error) {
	var list corev1.PodList
	labels := client.MatchingLabels{desired.ManagedByLabel: desired.ManagedBy, desired.KindLabel: kind, desired.NameLabel: key.Name}
	if err := pods.List(ctx, &list, client.InNamespace(key.Namespace), labels); err != nil {
		return nil, 0, err
	}
	said, more = askSessions(ctx, newHTTPClient(), list.Items)
	return said, more, nil
}

// askSessions asks the first pods by name, all at once.
func askSessions(ctx context.Context, web *http.Client, pods []corev1.Pod) (said []PodSessions, more int) {
	pods = slices.DeleteFunc(pods, func(p corev1.Pod) bool { return finished(&p) })
	slices.SortFunc(pods, func(a, b corev1.Pod) int { return cmp.Compare(a.Name, b.Name) })
	said = make([]PodSessions, min(len(pods), maxPodsAsked))
	var wg sync.WaitGroup
	for i := range said {
		wg.Go(func() { said[i] = sessionsOf(ctx, web, &pods[i]) })
	}
	wg.Wait()
	return said, len(pods) - len(said)
}

func sessionsOf(ctx context.Context, web *http.Client, pod *corev1.Pod) PodSessions {
	said := PodSessions{Name: pod.Name, Node: pod.Spec.NodeName, Ready: Ready(pod), Sessions: []snapshot.SessionInfo{}}
	if !Answerable(pod) {
		said.Problem = "not running"
		return said
	}
	body, err := read(ctx, web, adminURL(pod, snapshot.SessionsPath)+"?limit="+strconv.Itoa(maxSessionsListed), snapshot.MaxBytesOf(maxSessionsListed))
	var list snapshot.SessionList
	if err == nil {
		list, err = snapshot.ParseSessionsUpTo(body, maxSessionsListed)
	}
	if err != nil {
		said.Problem = err.Error()
		return said
	}
	said.Total, said.Sessions = list.Total, append(said.Sessions, list.Sessions...)
	return said
}
