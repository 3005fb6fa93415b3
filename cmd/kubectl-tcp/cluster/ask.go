package cluster

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"tcp-operator.io/controllers/observed"
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

// Ask fills in the snapshots of the pods that run, or why there is none.
func (c *Cluster) Ask(ctx context.Context, pods []Pod) {
	each(len(pods), func(i int) {
		if pods[i].runs() {
			pods[i].Snapshot, pods[i].Err = c.snapshot(ctx, &pods[i])
		}
	})
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

func (c *Cluster) snapshot(ctx context.Context, pod *Pod) (*snapshot.Snapshot, error) {
	body, err := c.ask(ctx, &pod.Pod, snapshot.Path, nil, snapshot.MaxBytes)
	if err != nil {
		return nil, err
	}
	s, err := snapshot.Parse(body, observed.RoleOf(pod.Of.Kind))
	if err != nil {
		return nil, err
	}
	s.Pod, s.Node = pod.Name, pod.Spec.NodeName
	return &s, nil
}

// Ends are sessions as the pods at one end see them.
type Ends struct {
	Ends []topology.End
	// Total counts the sessions of the pods that answered, listed or not.
	Total int
	// Answers tells which pods did.
	Answers Answers
}

// Ends asks pods who is connected to them, and lists at most so many of the
// oldest sessions of each. A pod that could not say its snapshot, or said in it
// that it has none, is not asked again.
func (c *Cluster) Ends(ctx context.Context, pods []Pod, most int) Ends {
	pods = slices.Clone(pods) // the caller's keep their own errors
	lists, totals := make([][]snapshot.SessionInfo, len(pods)), make([]int, len(pods))
	each(len(pods), func(i int) {
		p := &pods[i]
		if !p.runs() || p.Err != nil || p.Snapshot != nil && p.Snapshot.Sessions.Open == 0 {
			return
		}
		lists[i], totals[i], p.Err = c.sessions(ctx, &p.Pod, most)
	})
	ends := Ends{Answers: AnswersOf(pods)}
	for i, list := range lists {
		ends.Total += max(totals[i], len(list))
		for _, s := range list {
			ends.Ends = append(ends.Ends, topology.End{Of: pods[i].Of, Pod: pods[i].Name, Node: pods[i].Spec.NodeName, SessionInfo: s})
		}
	}
	return ends
}

// sessions pages through those that a pod has now, oldest first. What was read
// before an error comes back with it.
func (c *Cluster) sessions(ctx context.Context, pod *corev1.Pod, most int) (all []snapshot.SessionInfo, total int, err error) {
	for after := uint64(0); len(all) < most; {
		query := map[string]string{
			"limit": strconv.Itoa(min(most-len(all), snapshot.MaxListed)),
			"after": strconv.FormatUint(after, 10),
		}
		body, err := c.ask(ctx, pod, snapshot.SessionsPath, query, snapshot.MaxListBytes)
		if err != nil {
			return all, total, err
		}
		list, err := snapshot.ParseSessions(body)
		if err != nil {
			return all, total, err
		}
		// A pod may list more than it was asked for, or lead in a circle.
		all = append(all, list.Sessions[:min(len(list.Sessions), most-len(all))]...)
		total = list.Total
		if list.Next <= after {
			break
		}
		after = list.Next
	}
	return all, total, nil
}

// ErrNoProxy means that the user may not read from pods.
var ErrNoProxy = errors.New("no right to read from pods: ask for get on pods/proxy")

// ask reads from a pod's admin port, through the API server.
func (c *Cluster) ask(ctx context.Context, pod *corev1.Pod, path string, query map[string]string, most int64) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	stream, err := c.core.CoreV1().Pods(pod.Namespace).ProxyGet("http", pod.Name, strconv.Itoa(spec.AdminPort), path, query).Stream(ctx)
	if err != nil {
		return nil, unread(err)
	}
	defer stream.Close()
	body, err := io.ReadAll(io.LimitReader(stream, most+1))
	switch {
	case err != nil:
		return nil, unread(err)
	case int64(len(body)) > most:
		return nil, fmt.Errorf("answered with more than %d bytes", most)
	}
	return body, nil
}

// maxProblem bounds the text of an error: it may quote what a pod answered.
const maxProblem = 200

func unread(err error) error {
	switch {
	case apierrors.IsForbidden(err):
		return ErrNoProxy
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("no answer within %s", askTimeout)
	}
	if text := err.Error(); len(text) > maxProblem {
		return errors.New(text[:maxProblem] + "...")
	}
	return err
}
