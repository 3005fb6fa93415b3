package cluster

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"

	"tcp-operator.io/controllers/desired"
	"tcp-operator.io/topology"
	"tcp-operator.io/workload/snapshot"
	"tcp-operator.io/workload/spec"
)

const (
	// askTimeout bounds one read from a pod.
	askTimeout = 3 * time.Second
	// asked is how many pods are asked at the same time.
	asked = 16
)

// Pod is a pod and what it said.
type Pod struct {
	corev1.Pod
	Of topology.Key
	// Snapshot is nil where the pod could not be asked; Err then says why, or
	// is nil for a pod that does not run.
	Snapshot *snapshot.Snapshot
	Err      error
}

// Pods returns the pods of all resources in a namespace (empty: in all), or of
// one resource, each with its snapshot.
func (c *Cluster) Pods(ctx context.Context, namespace string, of *topology.Key) ([]Pod, error) {
	list, err := c.pods(ctx, namespace, of)
	if err != nil {
		return nil, fmt.Errorf("listing pods: %w", err)
	}
	pods := make([]Pod, len(list))
	each(len(list), func(i int) {
		labels := list[i].Labels
		pods[i] = Pod{Pod: list[i], Of: topology.Key{Kind: labels[desired.KindLabel], Namespace: list[i].Namespace, Name: labels[desired.NameLabel]}}
		if list[i].Status.Phase == corev1.PodRunning && list[i].DeletionTimestamp.IsZero() {
			pods[i].Snapshot, pods[i].Err = c.snapshot(ctx, &list[i], roles[pods[i].Of.Kind])
		}
	})
	return pods, nil
}

// roles of the workload by the kind of its resource.
var roles = map[string]snapshot.Role{
	topology.ServerKey("", "").Kind: snapshot.Server,
	topology.ClientKey("", "").Kind: snapshot.Client,
}

// each calls do for 0 to n-1, some at a time.
func each(n int, do func(i int)) {
	var wg sync.WaitGroup
	slots := make(chan struct{}, asked)
	for i := range n {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			do(i)
		})
	}
	wg.Wait()
}

func (c *Cluster) snapshot(ctx context.Context, pod *corev1.Pod, role snapshot.Role) (*snapshot.Snapshot, error) {
	body, err := c.ask(ctx, pod, snapshot.Path, snapshot.MaxBytes)
	if err != nil {
		return nil, err
	}
	s, err := snapshot.Parse(body, role)
	if err != nil {
		return nil, err
	}
	s.Pod, s.Node = pod.Name, pod.Spec.NodeName
	return &s, nil
}

// Sessions are those that a pod has now, at most snapshot.MaxListed of the
// oldest.
func (c *Cluster) Sessions(ctx context.Context, pod *corev1.Pod) (snapshot.SessionList, error) {
	body, err := c.ask(ctx, pod, snapshot.SessionsPath, snapshot.MaxListBytes)
	if err != nil {
		return snapshot.SessionList{}, err
	}
	return snapshot.ParseSessions(body)
}

// ErrNoProxy means that the user may not read from pods.
var ErrNoProxy = errors.New("no right to read from pods: ask for get on pods/proxy")

// ask reads from a pod's admin port, through the API server.
func (c *Cluster) ask(ctx context.Context, pod *corev1.Pod, path string, most int64) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	stream, err := c.core.CoreV1().Pods(pod.Namespace).ProxyGet("http", pod.Name, strconv.Itoa(spec.AdminPort), path, nil).Stream(ctx)
	switch {
	case apierrors.IsForbidden(err):
		return nil, ErrNoProxy
	case errors.Is(err, context.DeadlineExceeded):
		return nil, fmt.Errorf("no answer within %s", askTimeout)
	case err != nil:
		return nil, err
	}
	defer stream.Close()
	body, err := io.ReadAll(io.LimitReader(stream, most+1))
	if err == nil && int64(len(body)) > most {
		err = fmt.Errorf("answered with more than %d bytes", most)
	}
	return body, err
}

func isNoMatch(err error) bool { return meta.IsNoMatchError(err) }

// Ends are the sessions of pods, as these see them. What some pods said comes
// back together with the error of another.
func (c *Cluster) Ends(ctx context.Context, pods []Pod) ([]topology.End, error) {
	lists, errs := make([]snapshot.SessionList, len(pods)), make([]error, len(pods))
	each(len(pods), func(i int) {
		if pods[i].Snapshot != nil && pods[i].Snapshot.Sessions.Open > 0 {
			lists[i], errs[i] = c.Sessions(ctx, &pods[i].Pod)
		}
	})
	var ends []topology.End
	for i, list := range lists {
		for _, s := range list.Sessions {
			ends = append(ends, topology.End{Of: pods[i].Of, Pod: pods[i].Name, Node: pods[i].Spec.NodeName, SessionInfo: s})
		}
	}
	return ends, errors.Join(errs...)
}
