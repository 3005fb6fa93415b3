package status_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"

	"tcp-operator.io/api/v1alpha1"
	"tcp-operator.io/controllers/fault"
	"tcp-operator.io/controllers/status"
	"tcp-operator.io/workload/snapshot"
	"tcp-operator.io/workload/spec"
)

func TestServerConditions(t *testing.T) {
	fresh := newServer()
	was := readyServer(t, said(listener(1, 5)))
	changed := was.DeepCopy()
	changed.Generation++
	conflicting := was.DeepCopy()
	conflicting.Status, _ = serverStatus(t, was, status.ServerSeen{Deployment: deployment(1, 1)}, errConflict, noon)
	tests := []struct {
		name string
		cr   *v1alpha1.TcpServer
		seen *status.DeploymentSeen
		err  error
		want string
		says string // a part of Ready's message
	}{
		{"a server that was never looked at is being reconciled", fresh, nil, nil,
			"Ready=False/RolloutPending Accepted=True/Accepted Available=False/RolloutPending Reconciling=True/RolloutPending ", "no pods yet"},
		{"a server whose pods listen is ready", fresh, deployment(2, 2), nil,
			"Ready=True/ReplicasReady Accepted=True/Accepted Available=True/ReplicasReady ", "2 of 2 pods are ready"},
		{"a server without wanted pods is ready", fresh, deployment(0, 0), nil,
			"Ready=True/ReplicasReady Accepted=True/Accepted Available=True/ReplicasReady ", "0 of 0 pods"},
		{"a server one of whose pods is not ready is being reconciled", was, deployment(1, 2), nil,
			"Ready=False/ReplicasNotReady Accepted=True/Accepted Available=False/ReplicasNotReady Reconciling=True/ReplicasNotReady ", "1 of 2 pods are ready"},
		{"a stale Deployment is never available", was, but(deployment(1, 1), func(d *status.DeploymentSeen) { d.ObservedGeneration-- }), nil,
			"Ready=False/RolloutPending Accepted=True/Accepted Available=Unknown/RolloutPending Reconciling=True/RolloutPending ", "yet to act"},
		{"pods with old settings keep a rollout pending", was, but(deployment(2, 2), func(d *status.DeploymentSeen) { d.Updated = 1 }), nil,
			"Ready=False/RolloutPending Accepted=True/Accepted Available=False/RolloutPending Reconciling=True/RolloutPending ", "1 of 2 pods have the current settings"},
		{"pods too many keep a rollout pending", was, but(deployment(1, 1), func(d *status.DeploymentSeen) { d.Replicas = 2 }), nil,
			"Ready=False/RolloutPending Accepted=True/Accepted Available=False/RolloutPending Reconciling=True/RolloutPending ", "There are 2 pods, and 1 are wanted"},
		{"a quota stalls a server", was, but(deployment(0, 1), func(d *status.DeploymentSeen) { d.Failure = "exceeded quota" }), nil,
			"Ready=False/ReplicaFailure Accepted=True/Accepted Available=False/ReplicaFailure Stalled=True/ReplicaFailure ", "exceeded quota"},
		{"a rollout without progress stalls a server", was, but(deployment(0, 1), func(d *status.DeploymentSeen) { d.DeadlineExceeded = true }), nil,
			"Ready=False/ProgressDeadlineExceeded Accepted=True/Accepted Available=False/ProgressDeadlineExceeded Stalled=True/ProgressDeadlineExceeded ", "no progress"},
		{"an invalid spec stalls a server", changed, deployment(1, 1), errInvalid,
			"Ready=False/InvalidSpec Accepted=False/InvalidSpec Available=True/ReplicasReady Stalled=True/InvalidSpec ", "spec.port"},
		{"a name conflict stalls a server", fresh, nil, errConflict,
			"Ready=False/NameConflict Accepted=False/NameConflict Available=False/RolloutPending Stalled=True/NameConflict ", "exists"},
		{"a predecessor's child makes a server wait", fresh, nil, errDeleting,
			"Ready=False/RolloutPending Accepted=True/Accepted Available=False/RolloutPending Reconciling=True/RolloutPending ", "predecessor"},
		{"settings that are not applied make a server wait, whatever runs", changed, deployment(1, 1), errDeleting,
			"Ready=False/RolloutPending Accepted=True/Accepted Available=False/RolloutPending Reconciling=True/RolloutPending ", "predecessor"},
		{"a failed call on a fresh server is retried", fresh, nil, errPlain,
			"Ready=False/Retrying Accepted=True/Accepted Available=Unknown/Retrying Reconciling=True/Retrying ", "see its log"},
		{"a failed call names the API server's reason", fresh, nil, fmt.Errorf("applying: %w", apierrors.NewTooManyRequests("", 1)),
			"Ready=False/Retrying Accepted=True/Accepted Available=Unknown/Retrying Reconciling=True/Retrying ", "TooManyRequests"},
		{"a failed call on a changed server is retried", changed, deployment(1, 1), errPlain,
			"Ready=False/Retrying Accepted=True/Accepted Available=Unknown/Retrying Reconciling=True/Retrying ", "see its log"},
		{"a failed call leaves a ready server ready", was, deployment(1, 1), errPlain,
			"Ready=True/ReplicasReady Accepted=True/Accepted Available=True/ReplicasReady ", "1 of 1 pods"},
		{"a ready server whose Deployment cannot be read stays ready", was, nil, errPlain,
			"Ready=True/ReplicasReady Accepted=True/Accepted Available=True/ReplicasReady ", "1 of 1 pods"},
		{"a failed call does not mend an invalid spec", conflicting, deployment(1, 1), errPlain,
			"Ready=False/NameConflict Accepted=False/NameConflict Available=True/ReplicasReady Stalled=True/NameConflict ", "exists"},
		{"a failed read does not mend an invalid spec", conflicting, nil, errPlain,
			"Ready=False/NameConflict Accepted=False/NameConflict Available=True/ReplicasReady Stalled=True/NameConflict ", "exists"},
		{"a failed call does not hide that pods are down", was, deployment(0, 1), errPlain,
			"Ready=False/ReplicasNotReady Accepted=True/Accepted Available=False/ReplicasNotReady Reconciling=True/ReplicasNotReady ", "0 of 1 pods"},
		{"a ready server whose Deployment is gone is being reconciled", was, nil, nil,
			"Ready=False/RolloutPending Accepted=True/Accepted Available=False/RolloutPending Reconciling=True/RolloutPending ", "no pods yet"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, _ := serverStatus(t, test.cr, status.ServerSeen{Deployment: test.seen, Pods: said(listener(1, 5))}, test.err, noon.Add(time.Second))
			types := []string{v1alpha1.ConditionReady, v1alpha1.ConditionAccepted, v1alpha1.ConditionAvailable, v1alpha1.ConditionReconciling, v1alpha1.ConditionStalled}
			if diff := cmp.Diff(test.want, summary(got.Conditions, types...)); diff != "" {
				t.Errorf("conditions (-want +got):\n%s", diff)
			}
			if ready := meta.FindStatusCondition(got.Conditions, v1alpha1.ConditionReady); !strings.Contains(ready.Message, test.says) {
				t.Errorf("Ready says %q, want a part %q", ready.Message, test.says)
			}
		})
	}
}

func TestClientConditions(t *testing.T) {
	fresh := newClient()
	was := readyClient(t, said(caller(1)))
	changed := was.DeepCopy()
	changed.Generation++
	failing := caller(0, outage(time.Second))
	failing.LastFailure = &snapshot.Failure{Time: noon, Phase: snapshot.PhaseConnect, Reason: snapshot.Refused}
	none := spec.Address{}
	tests := []struct {
		name   string
		cr     *v1alpha1.TcpClient
		target spec.Address
		seen   status.ClientSeen
		err    error
		want   string
		says   string // a part of Ready's message
	}{
		{"a client whose server is missing waits", fresh, none, status.ClientSeen{}, errNotFound,
			"Ready=False/ServerNotFound ResolvedRefs=False/ServerNotFound Available=False/ServerNotFound Connected=False/SessionsNotEstablished Reconciling=True/ServerNotFound ", "there is no TcpServer"},
		{"a client whose server is not ready waits", fresh, none, status.ClientSeen{}, errNotReady,
			"Ready=False/ServerNotReady ResolvedRefs=True/Resolved Available=False/ServerNotReady Connected=False/SessionsNotEstablished Reconciling=True/ServerNotReady ", "not ready yet"},
		{"a client whose pods still talk to another server waits for its own", changed, none, status.ClientSeen{Deployment: deployment(1, 1), Pods: said(caller(1))}, errNotReady,
			"Ready=False/ServerNotReady ResolvedRefs=True/Resolved Available=False/ServerNotReady Connected=True/SessionsEstablished Reconciling=True/ServerNotReady ", "not ready yet"},
		{"a client whose server vanished keeps its pods", was, greeter, status.ClientSeen{Deployment: deployment(1, 1), Pods: said(caller(1))}, errNotFound,
			"Ready=False/ServerNotFound ResolvedRefs=False/ServerNotFound Available=True/ReplicasReady Connected=True/SessionsEstablished Reconciling=True/ServerNotFound ", "there is no TcpServer"},
		{"a client before its first pods is being reconciled", fresh, greeter, status.ClientSeen{}, nil,
			"Ready=False/RolloutPending ResolvedRefs=True/Resolved Available=False/RolloutPending Connected=False/SessionsNotEstablished Reconciling=True/RolloutPending ", "no pods yet"},
		{"a client whose pods start is being reconciled", fresh, greeter, status.ClientSeen{Deployment: deployment(0, 1)}, nil,
			"Ready=False/ReplicasNotReady ResolvedRefs=True/Resolved Available=False/ReplicasNotReady Connected=False/SessionsNotEstablished Reconciling=True/ReplicasNotReady ", "0 of 1 pods"},
		{"a client with every session is ready", fresh, greeter, status.ClientSeen{Deployment: deployment(1, 1), Pods: said(caller(1))}, nil,
			"Ready=True/SessionsEstablished ResolvedRefs=True/Resolved Available=True/ReplicasReady Connected=True/SessionsEstablished ", "Every desired session"},
		{"a client that lost its session says why", was, greeter, status.ClientSeen{Deployment: deployment(0, 1), Pods: said(failing)}, nil,
			"Ready=False/SessionsNotEstablished ResolvedRefs=True/Resolved Available=False/ReplicasNotReady Connected=False/SessionsNotEstablished Reconciling=True/SessionsNotEstablished ",
			"0 of 1 sessions are established; the last attempt failed: Refused in phase Connect"},
		{"a client that lost its session with its server says so first", was, greeter, status.ClientSeen{Deployment: deployment(0, 1), Pods: said(failing)}, errNotFound,
			"Ready=False/ServerNotFound ResolvedRefs=False/ServerNotFound Available=False/ReplicasNotReady Connected=False/SessionsNotEstablished Reconciling=True/ServerNotFound ", "there is no TcpServer"},
		{"a silent pod leaves a client ready", was, greeter, status.ClientSeen{Deployment: deployment(1, 1), Pods: silent("caller-a", "caller-b")}, nil,
			"Ready=True/SessionsEstablished ResolvedRefs=True/Resolved Available=True/ReplicasReady Connected=True/SessionsEstablished ", "Observed: 2 pods gave no snapshot (no answer within 2s)"},
		{"pods that are not ready and say nothing hold no sessions", was, greeter, status.ClientSeen{Deployment: deployment(0, 1), Pods: status.PodsSeen{Names: []string{"caller-a"}}}, nil,
			"Ready=False/ReplicasNotReady ResolvedRefs=True/Resolved Available=False/ReplicasNotReady Connected=False/SessionsNotEstablished Reconciling=True/ReplicasNotReady ", "0 of 1 pods are ready"},
		{"a quota stalls a client", was, greeter, status.ClientSeen{Deployment: but(deployment(0, 1), func(d *status.DeploymentSeen) { d.Failure = "exceeded quota" })}, nil,
			"Ready=False/ReplicaFailure ResolvedRefs=True/Resolved Available=False/ReplicaFailure Connected=False/SessionsNotEstablished Stalled=True/ReplicaFailure ", "exceeded quota"},
		{"an invalid spec stalls a client", changed, greeter, status.ClientSeen{Deployment: deployment(1, 1), Pods: said(caller(1))}, errInvalid,
			"Ready=False/InvalidSpec ResolvedRefs=True/Resolved Available=True/ReplicasReady Connected=True/SessionsEstablished Stalled=True/InvalidSpec ", "spec.port"},
		{"a failed call on a fresh client is retried", fresh, greeter, status.ClientSeen{}, errPlain,
			"Ready=False/Retrying ResolvedRefs=True/Resolved Available=Unknown/Retrying Connected=Unknown/Retrying Reconciling=True/Retrying ", "see its log"},
		{"a fresh client whose server cannot be read knows no target", fresh, none, status.ClientSeen{}, errPlain,
			"Ready=False/Retrying ResolvedRefs=Unknown/Retrying Available=Unknown/Retrying Connected=Unknown/Retrying Reconciling=True/Retrying ", "see its log"},
		{"a ready client whose server cannot be read stays ready", was, none, status.ClientSeen{Deployment: deployment(1, 1), Pods: said(caller(1))}, errPlain,
			"Ready=True/SessionsEstablished ResolvedRefs=True/Resolved Available=True/ReplicasReady Connected=True/SessionsEstablished ", "Every desired session"},
		{"a ready client whose Deployment cannot be read stays ready", was, greeter, status.ClientSeen{Pods: said(caller(1))}, errPlain,
			"Ready=True/SessionsEstablished ResolvedRefs=True/Resolved Available=True/ReplicasReady Connected=True/SessionsEstablished ", "Every desired session"},
		{"a failed call does not hide lost sessions", was, greeter, status.ClientSeen{Deployment: deployment(0, 1), Pods: said(failing)}, errPlain,
			"Ready=False/SessionsNotEstablished ResolvedRefs=True/Resolved Available=False/ReplicasNotReady Connected=False/SessionsNotEstablished Reconciling=True/SessionsNotEstablished ", "0 of 1 sessions"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, _ := clientStatus(t, test.cr, test.target, test.seen, test.err, noon.Add(time.Second))
			types := []string{v1alpha1.ConditionReady, v1alpha1.ConditionResolvedRefs, v1alpha1.ConditionAvailable, v1alpha1.ConditionConnected,
				v1alpha1.ConditionReconciling, v1alpha1.ConditionStalled}
			if diff := cmp.Diff(test.want, summary(got.Conditions, types...)); diff != "" {
				t.Errorf("conditions (-want +got):\n%s", diff)
			}
			if ready := meta.FindStatusCondition(got.Conditions, v1alpha1.ConditionReady); !strings.Contains(ready.Message, test.says) {
				t.Errorf("Ready says %q, want a part %q", ready.Message, test.says)
			}
		})
	}
}

func TestAMessageIsTheSameWhicheverPodTriedLast(t *testing.T) {
	messages := map[string]bool{}
	for _, latest := range []int{0, 1} {
		pods := []snapshot.Snapshot{caller(0), caller(0)}
		for i, reason := range []snapshot.Reason{snapshot.Refused, snapshot.ConnectTimeout} {
			pods[i].Pod += string(reason)
			pods[i].LastFailure = &snapshot.Failure{Time: noon, Phase: snapshot.PhaseConnect, Reason: reason}
		}
		pods[latest].LastFailure.Time = noon.Add(time.Second)
		got, _ := clientStatus(t, newClient(), greeter, status.ClientSeen{Deployment: deployment(0, 2), Pods: said(pods...)}, nil, noon)
		messages[meta.FindStatusCondition(got.Conditions, v1alpha1.ConditionReady).Message] = true
	}
	if len(messages) != 1 {
		t.Errorf("messages are %v, want one", messages)
	}
}

func TestALongMessageIsCutBetweenCharacters(t *testing.T) {
	long := &fault.Invalid{Reason: v1alpha1.ReasonRefused, Err: fmt.Errorf("x%s", strings.Repeat("ü", 20000))}
	got, _ := serverStatus(t, newServer(), status.ServerSeen{}, long, noon)
	if n := len(meta.FindStatusCondition(got.Conditions, v1alpha1.ConditionReady).Message); n != 32767 {
		t.Errorf("the message has %d bytes", n)
	}
}

func TestStableFailure(t *testing.T) {
	for message, want := range map[string]string{
		`pods "greeter-6d8f-p4wq7" is forbidden: exceeded quota`: `pods is forbidden: exceeded quota`,
		`Pod "greeter-6d8f-p4wq7" is invalid: spec.containers`:   `Pod is invalid: spec.containers`,
		`serviceaccount "workload" not found`:                    `serviceaccount "workload" not found`,
	} {
		if got := status.StableFailure(message); got != want {
			t.Errorf("%s becomes %q, want %q", message, got, want)
		}
	}
}
