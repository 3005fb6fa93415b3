package main

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"tcp-operator.io/api/v1alpha1"
	"tcp-operator.io/cmd/kubectl-tcp/await"
	"tcp-operator.io/cmd/kubectl-tcp/cluster"
	"tcp-operator.io/topology"
)

// answers are what successive readings come to; the last one goes on.
type answers []func(context.Context) (resource, error)

func (a answers) reader() reader {
	next := 0
	return func(ctx context.Context, _ topology.Key) (resource, error) {
		answer := a[min(next, len(a)-1)]
		next++
		return answer(ctx)
	}
}

func found(conditions ...metav1.Condition) func(context.Context) (resource, error) {
	return func(context.Context) (resource, error) {
		cr := &v1alpha1.TcpClient{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "caller"}}
		cr.Status.Conditions = conditions
		return resource{client: cr}, nil
	}
}

func fails(err error) func(context.Context) (resource, error) {
	return func(context.Context) (resource, error) { return resource{}, err }
}

func hangs(ctx context.Context) (resource, error) {
	<-ctx.Done()
	return resource{}, ctx.Err()
}

func TestWaitingEndsInTimeAndSaysWhy(t *testing.T) {
	key := topology.Key{Namespace: "shop", Name: "caller"}
	refused := errors.New("connection refused")
	forbidden := apierrors.NewForbidden(schema.GroupResource{Resource: "tcpclients"}, "caller", errors.New("no"))
	for name, c := range map[string]struct {
		read    answers
		want    await.Outcome
		took    time.Duration
		message string
	}{
		"ready":                          {answers{found(ready)}, await.Met, 0, "SessionsEstablished"},
		"never ready":                    {answers{found(notReady)}, await.TimedOut, time.Minute, "SessionsNotEstablished"},
		"an API server that restarts":    {answers{found(notReady), fails(refused), fails(refused), found(ready)}, await.Met, 3 * time.Second, "SessionsEstablished"},
		"one that is away at first":      {answers{fails(refused), found(ready)}, await.Met, time.Second, "SessionsEstablished"},
		"one that stays away":            {answers{found(notReady), fails(refused)}, await.TimedOut, time.Minute, "it cannot be read: connection refused"},
		"one that hangs once":            {answers{hangs, found(ready)}, await.Met, 10 * time.Second, "SessionsEstablished"},
		"one that hangs":                 {answers{hangs}, await.TimedOut, time.Minute, "no answer within 10s"},
		"nothing of that name":           {answers{fails(missing{key})}, await.Failed, 0, `"caller" in namespace "shop"`},
		"deleted meanwhile":              {answers{found(notReady), fails(missing{key})}, await.Failed, time.Second, "deleted while it was waited for"},
		"no right":                       {answers{fails(forbidden)}, await.Failed, 0, "forbidden"},
		"a right that was there":         {answers{found(notReady), fails(forbidden), found(ready)}, await.Met, 2 * time.Second, "SessionsEstablished"},
		"a cluster without the operator": {answers{fails(cluster.ErrUnknownKinds)}, await.Failed, 0, "install the operator"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := &waiting{options: &options{IOStreams: genericiooptions.NewTestIOStreamsDiscard()}, timeout: time.Minute}
				report := w.await(t.Context(), &await.Judge{Goal: await.Ready}, key, c.read.reader())
				if report.Outcome != c.want || report.Took != c.took || !strings.Contains(report.Message, c.message) {
					t.Errorf("%+v, want %s after %s with %q", report, c.want, c.took, c.message)
				}
			})
		})
	}
}

func TestWaitingIsInterruptedInTheMiddleOfAReading(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(3*time.Second, cancel)
		var said bytes.Buffer
		streams := genericiooptions.NewTestIOStreamsDiscard()
		streams.ErrOut = &said
		w := &waiting{options: &options{IOStreams: streams}, timeout: time.Minute}
		report := w.await(ctx, &await.Judge{Goal: await.Ready}, topology.ClientKey("shop", "caller"), answers{found(notReady), hangs}.reader())
		if report.Outcome != await.Interrupted || report.Took != 3*time.Second || !strings.Contains(report.Message, "SessionsNotEstablished") {
			t.Errorf("%+v", report)
		}
		if e, ok := errors.AsType[exit](verdictOf(report)); !ok || e.code != exitTimeout {
			t.Errorf("exit %v", e)
		}
		if lines := strings.Count(said.String(), "\n"); lines != 1 {
			t.Errorf("said\n%s", said.String())
		}
	})
}

// TestOneKindIsWaitedFor: another kind of the same name that appears meanwhile
// does not take its place.
func TestOneKindIsWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asked []string
		w := &waiting{options: &options{IOStreams: genericiooptions.NewTestIOStreamsDiscard()}, timeout: 2500 * time.Millisecond}
		w.await(t.Context(), &await.Judge{Goal: await.Ready}, topology.Key{Namespace: "shop", Name: "caller"},
			func(ctx context.Context, key topology.Key) (resource, error) {
				asked = append(asked, key.Kind)
				return found(notReady)(ctx)
			})
		if strings.Join(asked, ",") != ",TcpClient,TcpClient" {
			t.Errorf("asked for kinds %q", asked)
		}
	})
}
