package main

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"tcp-operator.io/cmd/kubectl-tcp/cluster"
	"tcp-operator.io/topology"
	"tcp-operator.io/workload/snapshot"
)

// liveTop shows successive readings, the last one until it is interrupted, and
// returns what was written at each.
func liveTop(t *testing.T, readings ...func() ([]cluster.Pod, error)) (screens []string, err error) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		var out bytes.Buffer
		streams := genericiooptions.NewTestIOStreamsDiscard()
		streams.Out = &out
		view := &top{options: &options{IOStreams: streams}, interval: 2 * time.Second}
		next := 0
		err = view.live(ctx, func(context.Context) ([]cluster.Pod, error) {
			screens = append(screens, out.String())
			out.Reset()
			if next == len(readings) {
				cancel()
				return nil, ctx.Err()
			}
			next++
			return readings[next-1]()
		})
	})
	return screens, err
}

func podOf(name string, err error) cluster.Pod {
	p := cluster.Pod{Of: topology.ClientKey("shop", "caller"), Err: err,
		Pod: corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: name}, Status: corev1.PodStatus{Phase: corev1.PodRunning, PodIP: "10.0.0.7"}}}
	if err == nil {
		p.Snapshot = &snapshot.Snapshot{Role: snapshot.Client, Sessions: snapshot.Sessions{Open: 7}}
	}
	return p
}

func TestALiveViewKeepsItsTableWhenAReadingFails(t *testing.T) {
	screens, err := liveTop(t,
		func() ([]cluster.Pod, error) { return []cluster.Pod{podOf("caller-1", nil)}, nil },
		func() ([]cluster.Pod, error) { return nil, errors.New("connection refused\x1b[2J") },
		func() ([]cluster.Pod, error) { return []cluster.Pod{podOf("caller-2", nil)}, nil },
		func() ([]cluster.Pod, error) {
			return []cluster.Pod{podOf("caller-2", cluster.ErrNoProxy)}, nil
		},
	)
	if err != nil || len(screens) != 5 {
		t.Fatalf("an interrupted view is no error: %v\n%q", err, screens)
	}
	for i, want := range []string{"caller-1", `warning: not read since: connection refused\x1b[2J`, "caller-2", "warning: 0 of 1 pods answered (no right to read from pods"} {
		if !strings.Contains(screens[i+1], want) {
			t.Errorf("screen %d does not show %q:\n%q", i, want, screens[i+1])
		}
	}
	if !strings.Contains(screens[2], "caller-1") || strings.Contains(screens[3], "warning") {
		t.Errorf("the last table is not kept, or the problem stays:\n%q\n%q", screens[2], screens[3])
	}
	for i, screen := range screens[2:] {
		if strings.Contains(screen, "\x1b[2J") {
			t.Errorf("screen %d flickers: it is cleared first\n%q", i+1, screen)
		}
	}
}

func TestALiveViewThatCannotBeginFails(t *testing.T) {
	if _, err := liveTop(t, func() ([]cluster.Pod, error) { return nil, errors.New("connection refused") }); err == nil {
		t.Error("no error")
	}
}

func TestOnlyCounterpartsAreAsked(t *testing.T) {
	greeter, other := topology.ServerKey("shop", "greeter"), topology.ServerKey("shop", "other")
	client := func(name string, of *topology.Key) topology.Client {
		return topology.Client{Resource: topology.Resource{Namespace: "shop", Name: name}, Server: of}
	}
	graph := topology.Graph{Clients: []topology.Client{client("a", &greeter), client("b", &other), client("c", nil), client("d", &greeter)}}
	for of, want := range map[topology.Key][]topology.Key{
		greeter:                            {topology.ClientKey("shop", "a"), topology.ClientKey("shop", "d")},
		other:                              {topology.ClientKey("shop", "b")},
		topology.ClientKey("shop", "a"):    {greeter},
		topology.ClientKey("shop", "c"):    nil,
		topology.ServerKey("shop", "new"):  nil,
		topology.ClientKey("shop", "none"): nil,
	} {
		if got := counterparts(graph, of); !slices.Equal(got, want) {
			t.Errorf("%v: %v, want %v", of, got, want)
		}
	}
}
