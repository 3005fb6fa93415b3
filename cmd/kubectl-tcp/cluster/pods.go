package cluster

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"tcp-operator.io/controllers/desired"
	"tcp-operator.io/controllers/observed"
	"tcp-operator.io/topology"
	"tcp-operator.io/workload/snapshot"
)

// Pod is a pod of a resource, and what it said.
type Pod struct {
	corev1.Pod
	Of topology.Key
	// Snapshot is nil where the pod has not been asked, or could not be; Err
	// then says why it could not.
	Snapshot *snapshot.Snapshot
	Err      error
}

// runs tells whether the pod should answer.
func (p *Pod) runs() bool { return observed.Answerable(&p.Pod) }

// Ready is what the pod's readiness probe says.
func (p *Pod) Ready() bool { return observed.Ready(&p.Pod) }

// Pods lists the pods of the resources of a namespace (empty: of all
// namespaces), or of some of them, by resource and name. It asks none of them.
func (c *Cluster) Pods(ctx context.Context, namespace string, of ...topology.Key) ([]Pod, error) {
	labels := client.MatchingLabels{desired.ManagedByLabel: desired.ManagedBy}
	if len(of) == 1 {
		labels[desired.KindLabel], labels[desired.NameLabel] = of[0].Kind, of[0].Name
	}
	var list corev1.PodList
	if err := c.client.List(ctx, &list, client.InNamespace(namespace), labels); err != nil {
		return nil, fmt.Errorf("listing pods: %w", err)
	}
	var pods []Pod
	for i := range list.Items {
		p := &list.Items[i]
		key := topology.Key{Kind: p.Labels[desired.KindLabel], Namespace: p.Namespace, Name: p.Labels[desired.NameLabel]}
		if len(of) == 0 || slices.Contains(of, key) {
			pods = append(pods, Pod{Pod: *p, Of: key})
		}
	}
	slices.SortFunc(pods, func(a, b Pod) int {
		return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Of.Kind, b.Of.Kind), cmp.Compare(a.Of.Name, b.Of.Name), cmp.Compare(a.Name, b.Name))
	})
	return pods, nil
}

// Answers tells how many of the pods that should have answered did.
type Answers struct {
	Asked, Answered int
	// Why is that of the first pod that did not; nil where all did.
	Why error
	// Partial are the resources of which some pods answered, and Silent those of
	// which none did although some should have.
	Partial, Silent []topology.Key
}

// AnswersOf counts the answers of pods that have been asked.
func AnswersOf(pods []Pod) Answers {
	var a Answers
	asked, answered := map[topology.Key]int{}, map[topology.Key]int{}
	for i := range pods {
		p := &pods[i]
		if !p.runs() {
			continue
		}
		a.Asked++
		asked[p.Of]++
		switch {
		case p.Err == nil:
			a.Answered++
			answered[p.Of]++
		case errors.Is(p.Err, ErrNoProxy):
			a.Why = ErrNoProxy // the remedy for all of them
		case a.Why == nil:
			a.Why = fmt.Errorf("pod %s: %w", p.Name, p.Err)
		}
	}
	for key, n := range asked {
		switch answered[key] {
		case n:
		case 0:
			a.Silent = append(a.Silent, key)
		default:
			a.Partial = append(a.Partial, key)
		}
	}
	slices.SortFunc(a.Partial, compareKeys)
	slices.SortFunc(a.Silent, compareKeys)
	return a
}

func compareKeys(a, b topology.Key) int {
	return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Name, b.Name))
}

// Missing says how many pods answered, and why not all; empty where all did.
func (a Answers) Missing() string {
	if a.Why == nil {
		return ""
	}
	return fmt.Sprintf("%d of %d pods answered (%v)", a.Answered, a.Asked, a.Why)
}

// Numbers says what the numbers of the resources are, where not all pods
// answered; else it is empty.
func (a Answers) Numbers() string {
	if a.Why == nil {
		return ""
	}
	var says []string
	if len(a.Partial) > 0 {
		says = append(says, "the numbers of "+names(a.Partial)+" are sums over those that did")
	}
	if len(a.Silent) > 0 {
		says = append(says, "the numbers of "+names(a.Silent)+" are those of the status, which may be 75 seconds old")
	}
	return a.Missing() + ": " + strings.Join(says, "; ")
}

// namedAtMost is how many resources a warning names.
const namedAtMost = 3

func names(keys []topology.Key) string {
	var all []string
	for _, key := range keys[:min(namedAtMost, len(keys))] {
		all = append(all, key.Kind+" "+key.Namespace+"/"+key.Name)
	}
	if more := len(keys) - len(all); more > 0 {
		all = append(all, fmt.Sprintf("%d more", more))
	}
	return strings.Join(all, ", ")
}
