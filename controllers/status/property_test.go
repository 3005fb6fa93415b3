package status_test

import (
	"fmt"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"pgregory.net/rapid"

	"tcp-operator.io/api/v1alpha1"
	"tcp-operator.io/controllers/status"
	"tcp-operator.io/workload/snapshot"
	"tcp-operator.io/workload/spec"
)

// TestAnyHistory lets anything happen to a server and a client, in any order.
// serverStatus and clientStatus check what holds after each step.
func TestAnyHistory(t *testing.T) {
	t.Run("server", rapid.MakeCheck(func(t *rapid.T) {
		cr, now := newServer(), noon
		for range rapid.IntRange(1, 8).Draw(t, "steps") {
			cr.Generation += rapid.Int64Range(0, 1).Draw(t, "edits")
			now = now.Add(time.Duration(rapid.IntRange(0, 90_000).Draw(t, "ms")) * time.Millisecond)
			seen := status.ServerSeen{Deployment: anyDeployment.Draw(t, "deployment"), Pods: anyPods(now).Draw(t, "pods")}
			cr.Status, _ = serverStatus(t, cr, seen, anyError.Draw(t, "error"), now)
		}
	}))
	t.Run("client", rapid.MakeCheck(func(t *rapid.T) {
		cr, now := newClient(), noon
		for range rapid.IntRange(1, 8).Draw(t, "steps") {
			if rapid.Bool().Draw(t, "edited") {
				cr.Generation++
				cr.Spec.Replicas = new(rapid.Int32Range(0, 3).Draw(t, "replicas"))
				cr.Spec.Expect = anyExpectation.Draw(t, "expect")
			}
			now = now.Add(time.Duration(rapid.IntRange(0, 90_000).Draw(t, "ms")) * time.Millisecond)
			seen := status.ClientSeen{Deployment: anyDeployment.Draw(t, "deployment"), Pods: anyPods(now).Draw(t, "pods")}
			target := rapid.SampledFrom([]spec.Address{{}, greeter, {Host: "fd00::7", Port: 1}}).Draw(t, "target")
			cr.Status, _ = clientStatus(t, cr, target, seen, anyError.Draw(t, "error"), now)
			checkBlindLookKeepsReady(t, cr, now)
		}
	}))
}

// checkBlindLookKeepsReady holds that an operator which cannot read anything
// does not call a ready client unready.
func checkBlindLookKeepsReady(t *rapid.T, cr *v1alpha1.TcpClient, now time.Time) {
	t.Helper()
	if !meta.IsStatusConditionTrue(cr.Status.Conditions, v1alpha1.ConditionReady) {
		return
	}
	got, _ := clientStatus(t, cr, spec.Address{}, status.ClientSeen{Pods: status.PodsSeen{Unlisted: true}}, errPlain, now)
	if !meta.IsStatusConditionTrue(got.Conditions, v1alpha1.ConditionReady) {
		t.Errorf("a blind look makes it unready:\n%+v\n%+v", cr.Status.Conditions, got.Conditions)
	}
}

var anyExpectation = rapid.Custom(func(t *rapid.T) v1alpha1.Expect {
	e := v1alpha1.Expect{
		Connect:       rapid.SampledFrom([]v1alpha1.Path{v1alpha1.PathAllowed, v1alpha1.PathAllowed, v1alpha1.PathBlocked}).Draw(t, "connect"),
		Window:        rapid.SampledFrom([]v1alpha1.Duration{"1s", "1m", "1h"}).Draw(t, "window"),
		RecoverWithin: rapid.SampledFrom([]v1alpha1.Duration{"0s", "0s", "10s"}).Draw(t, "recoverWithin"),
	}
	if rapid.Bool().Draw(t, "judged") {
		e.MaxOutages = new(rapid.Int32Range(0, 3).Draw(t, "maxOutages"))
	}
	return e
})

// TestARepeatedLookWritesNothing holds that a resource to which nothing
// happens costs one write at most, and then none for ever.
func TestARepeatedLookWritesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cr := newClient()
		seen := status.ClientSeen{Deployment: anyDeployment.Draw(t, "deployment"), Pods: anyPods(noon).Draw(t, "pods")}
		err := anyError.Draw(t, "error")
		cr.Status, _ = clientStatus(t, cr, greeter, seen, err, noon)
		for hours := range 3 {
			got, _ := clientStatus(t, cr, greeter, seen, err, noon.Add(time.Duration(hours)*time.Hour))
			if before, after := fmt.Sprintf("%+v", cr.Status), fmt.Sprintf("%+v", got); before != after {
				t.Fatalf("hours later the status is another:\n%s\n%s", before, after)
			}
		}
	})
}

var anyDeployment = rapid.Custom(func(t *rapid.T) *status.DeploymentSeen {
	if rapid.IntRange(0, 4).Draw(t, "absent") == 0 {
		return nil
	}
	pods := rapid.Int32Range(0, 3)
	return &status.DeploymentSeen{
		Generation: 5, ObservedGeneration: rapid.Int64Range(4, 5).Draw(t, "observed"),
		Wanted: pods.Draw(t, "wanted"), Replicas: pods.Draw(t, "replicas"), Updated: pods.Draw(t, "updated"), Ready: pods.Draw(t, "ready"),
		Failure:          rapid.SampledFrom([]string{"", "", "", "exceeded quota"}).Draw(t, "failure"),
		DeadlineExceeded: rapid.IntRange(0, 5).Draw(t, "late") == 0,
	}
})

var anyError = rapid.SampledFrom([]error{
	nil, nil, nil, nil, errPlain, errInvalid, errConflict, errNotFound, errNotReady, errDeleting,
	fmt.Errorf("applying: %w", apierrors.NewTooManyRequests("", 1)),
})

// anyPods are up to three pods, as seen at now.
func anyPods(now time.Time) *rapid.Generator[status.PodsSeen] {
	return rapid.Custom(func(t *rapid.T) status.PodsSeen {
		if rapid.IntRange(0, 9).Draw(t, "unlisted") == 0 {
			return status.PodsSeen{Unlisted: true}
		}
		var seen status.PodsSeen
		for i := range rapid.IntRange(0, 3).Draw(t, "pods") {
			name := fmt.Sprintf("pod-%d-%c", i, rapid.RuneFrom([]rune("xyz")).Draw(t, "name"))
			seen.Names = append(seen.Names, name)
			switch rapid.SampledFrom([]string{"answers", "answers", "silent", "starts"}).Draw(t, "state") {
			case "answers":
				s := anySnapshot(now).Draw(t, "snapshot")
				s.Pod = name
				seen.Snapshots, seen.Time = append(seen.Snapshots, s), now
			case "silent":
				seen.Silent, seen.Why = seen.Silent+1, "not reachable"
			}
		}
		return seen
	})
}

func anySnapshot(now time.Time) *rapid.Generator[snapshot.Snapshot] {
	return rapid.Custom(func(t *rapid.T) snapshot.Snapshot {
		few := rapid.Int64Range(0, 2)
		s := snapshot.Snapshot{
			StartTime: now.Add(-time.Duration(few.Draw(t, "age")) * time.Minute),
			Ready:     rapid.Bool().Draw(t, "ready"),
			Sessions: snapshot.Sessions{
				Open: few.Draw(t, "open"), Opened: few.Draw(t, "opened"), Lost: few.Draw(t, "lost"),
				Reached: rapid.SampledFrom([]int64{0, 0, 1}).Draw(t, "reached"), Blocked: few.Draw(t, "blocked"),
			},
			Messages: snapshot.Messages{Received: few.Draw(t, "received")},
			Outages:  rapid.SliceOfN(anyOutage(now), 0, snapshot.MaxOutages).Draw(t, "outages"),
		}
		if rapid.Bool().Draw(t, "failed") {
			s.LastFailure = &snapshot.Failure{
				Time: now, Phase: snapshot.PhaseConnect, Reason: rapid.SampledFrom(snapshot.FailureReasons()).Draw(t, "reason"),
			}
		}
		if rapid.Bool().Draw(t, "measured") {
			s.RoundTrip = &snapshot.RoundTrip{Histogram: rapid.StringMatching(`[A-Za-z0-9+/]{0,40}`).Draw(t, "histogram")}
		}
		return s
	})
}

func anyOutage(now time.Time) *rapid.Generator[snapshot.Outage] {
	return rapid.Custom(func(t *rapid.T) snapshot.Outage {
		o := outage(0)
		o.StartTime = now.Add(-time.Duration(rapid.IntRange(-3, 90).Draw(t, "before")) * time.Second).Add(777 * time.Nanosecond)
		o.LocalAddress = rapid.SampledFrom([]string{"", "10.0.0.7:1", "10.0.0.7:2"}).Draw(t, "address")
		if rapid.Bool().Draw(t, "over") {
			return ended(o, time.Duration(rapid.IntRange(0, 60_000).Draw(t, "length"))*time.Millisecond)
		}
		return o
	})
}
