package observed

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"tcp-operator.io/api/v1alpha1"
	"tcp-operator.io/controllers/desired"
	"tcp-operator.io/controllers/status"
	"tcp-operator.io/workload/snapshot"
)

// fetchers is how many pods are asked at the same time.
const fetchers = 32

// Collector asks every pod for its snapshot in rounds, keeps the last answer
// in memory, and says which resources something has changed for. A pod that
// does not answer costs a bounded time of a round and nothing else.
// Set its fields before Start; Seen may be called at any time.
type Collector struct {
	// Reader lists the pods, from a cache.
	Reader client.Reader
	// Interval between the starts of two rounds.
	Interval time.Duration
	// Wake brings the next round forward, so that numbers follow a change of
	// readiness at once; nil: only Interval counts.
	Wake <-chan struct{}
	// Changed is told of a resource that should be reconciled.
	Changed func(ctx context.Context, kind string, key client.ObjectKey)

	mu   sync.Mutex
	seen map[resource]view // nil before the first round
}

// resource names a TcpServer or TcpClient.
type resource struct {
	kind string
	key  client.ObjectKey
}

// view is what is known of the pods of one resource.
type view struct {
	pods   status.PodsSeen
	digest digest // of pods
	// reported is the digest at the last time the resource was enqueued, and
	// enqueued is that time.
	reported digest
	enqueued time.Time
}

// NeedLeaderElection makes only the leader ask.
func (*Collector) NeedLeaderElection() bool { return true }

// Start asks in rounds until ctx is done.
func (c *Collector) Start(ctx context.Context) error {
	web := newHTTPClient()
	for ctx.Err() == nil {
		began := time.Now()
		if err := c.round(ctx, web, began); err != nil && ctx.Err() == nil {
			log.FromContext(ctx).Error(err, "Listing pods failed")
		}
		c.pause(ctx, began)
	}
	return nil
}

// leastPause keeps pods that come and go from being asked without end.
const leastPause = 250 * time.Millisecond

// pause waits for the time of the next round.
func (c *Collector) pause(ctx context.Context, began time.Time) {
	least := time.NewTimer(leastPause)
	defer least.Stop()
	select {
	case <-least.C:
	case <-ctx.Done():
		return
	}
	rest := time.NewTimer(c.Interval - time.Since(began))
	defer rest.Stop()
	select {
	case <-rest.C:
	case <-c.Wake:
	case <-ctx.Done():
	}
}

// Seen implements Pods.
func (c *Collector) Seen(kind string, key client.ObjectKey) status.PodsSeen {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.seen == nil {
		return status.PodsSeen{Unlisted: true}
	}
	return c.seen[resource{kind, key}].pods
}

// Listed tells whether pods have been listed at least once: a manager that does
// not lead never does.
func (c *Collector) Listed() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.seen != nil
}

func (c *Collector) round(ctx context.Context, web *http.Client, now time.Time) error {
	var list corev1.PodList
	if err := c.Reader.List(ctx, &list, client.MatchingLabels{desired.ManagedByLabel: desired.ManagedBy}); err != nil {
		return err
	}
	answers := ask(ctx, web, list.Items)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	for _, r := range c.replace(byResource(list.Items, answers, now), now) {
		c.Changed(ctx, r.kind, r.key)
	}
	return nil
}

// replace makes next what is known, and returns the resources to enqueue.
func (c *Collector) replace(next map[resource]status.PodsSeen, now time.Time) []resource {
	c.mu.Lock()
	defer c.mu.Unlock()
	var changed []resource
	views := make(map[resource]view, len(next))
	for r, pods := range next {
		before, known := c.seen[r]
		v := view{pods: pods, digest: digestOf(pods), reported: before.reported, enqueued: before.enqueued}
		matters := !known || v.digest.matters != v.reported.matters
		moved := v.digest.counters != v.reported.counters
		if matters || (moved && now.Sub(v.enqueued) >= status.CounterInterval(r.key.Namespace, r.key.Name)) {
			v.reported, v.enqueued = v.digest, now
			changed = append(changed, r)
		}
		views[r] = v
	}
	for r := range c.seen {
		if _, ok := next[r]; !ok {
			changed = append(changed, r) // its last pod is gone
		}
	}
	c.seen = views
	return changed
}

// answer is what one pod said.
type answer struct {
	snapshot snapshot.Snapshot
	err      error
}

// ask fetches the snapshot of every pod that can have one; the answers are in
// the order of pods.
func ask(ctx context.Context, web *http.Client, pods []corev1.Pod) []answer {
	answers := make([]answer, len(pods))
	var wg sync.WaitGroup
	slots := make(chan struct{}, fetchers)
	for i := range pods {
		if !Answerable(&pods[i]) {
			continue
		}
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			role := RoleOf(pods[i].Labels[desired.KindLabel])
			answers[i].snapshot, answers[i].err = fetch(ctx, web, adminURL(&pods[i], snapshot.Path), role)
		})
	}
	wg.Wait()
	return answers
}

// RoleOf is the role of the workload by the kind of its resource; empty for
// any other kind, and then no snapshot passes.
func RoleOf(kind string) snapshot.Role {
	switch kind {
	case v1alpha1.ServerKind.Kind:
		return snapshot.Server
	case v1alpha1.ClientKind.Kind:
		return snapshot.Client
	}
	return ""
}

// Answerable tells whether a pod can be asked. One that is being deleted no
// longer counts.
func Answerable(pod *corev1.Pod) bool {
	return pod.DeletionTimestamp.IsZero() && pod.Status.Phase == corev1.PodRunning && pod.Status.PodIP != ""
}

// finished tells whether a pod has ended, by eviction for instance: its object
// may stay for long.
func finished(pod *corev1.Pod) bool {
	return pod.Status.Phase == corev1.PodSucceeded || pod.Status.Phase == corev1.PodFailed
}

func byResource(pods []corev1.Pod, answers []answer, now time.Time) map[resource]status.PodsSeen {
	out := map[resource]status.PodsSeen{}
	for i, pod := range pods {
		if finished(&pod) {
			continue
		}
		r := resource{
			kind: pod.Labels[desired.KindLabel],
			key:  client.ObjectKey{Namespace: pod.Namespace, Name: pod.Labels[desired.NameLabel]},
		}
		seen := out[r]
		add(&seen, &pod, answers[i], now)
		out[r] = seen
	}
	for _, seen := range out {
		slices.Sort(seen.Names)
		slices.SortFunc(seen.Snapshots, func(a, b snapshot.Snapshot) int { return cmp.Compare(a.Pod, b.Pod) })
	}
	return out
}

// add adds one pod's answer. The pod's and the node's name are the API
// server's, whatever the pod says.
func add(seen *status.PodsSeen, pod *corev1.Pod, a answer, now time.Time) {
	seen.Names = append(seen.Names, pod.Name)
	switch {
	case !Answerable(pod):
	case a.err != nil && Ready(pod):
		seen.Silent++
		if why := a.err.Error(); seen.Why == "" || why < seen.Why {
			seen.Why = why // not the last one: a cache lists in no order
		}
	case a.err == nil:
		a.snapshot.Pod, a.snapshot.Node = pod.Name, pod.Spec.NodeName
		a.snapshot.Closes, a.snapshot.Failures = nil, nil // nobody asks, and they are half of its memory
		seen.Snapshots = append(seen.Snapshots, a.snapshot)
		seen.Time = now
	}
}

// ReadinessChanged tells whether a pod has become ready or unready.
func ReadinessChanged(before, after *corev1.Pod) bool { return Ready(before) != Ready(after) }

// Ready tells whether a pod is, says its condition.
func Ready(pod *corev1.Pod) bool {
	return slices.ContainsFunc(pod.Status.Conditions, func(c corev1.PodCondition) bool {
		return c.Type == corev1.PodReady && c.Status == corev1.ConditionTrue
	})
}
