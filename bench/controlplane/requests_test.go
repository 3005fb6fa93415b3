package main

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tcp-operator.io/bench/controlplane/plane"
)

// at is a moment of the tests, in milliseconds.
func at(ms int) time.Time { return time.UnixMilli(int64(ms)) }

// story is what an operator may ask for one server.
var story = []plane.Request{
	{Verb: "list", Resource: "pods", Code: 200, Received: at(0), Answered: at(5)},
	{Verb: "get", Resource: "services", Namespace: "n", Name: "server-1", Code: 404, Received: at(10), Answered: at(15)},
	{Verb: "patch", Resource: "services", Namespace: "n", Name: "server-1", Code: 201, Received: at(20), Answered: at(30)},
	{Verb: "patch", Resource: "deployments", Namespace: "n", Name: "server-1", Code: 201, Received: at(25), Answered: at(40)},
	{Verb: "patch", Resource: "tcpservers", Subresource: "status", Namespace: "n", Name: "server-1", Code: 200, Received: at(45), Answered: at(60)},
	{Verb: "create", Resource: "events", Namespace: "n", Name: "server-1.18a", Code: 201, Received: at(61), Answered: at(70)},
	{Verb: "patch", Resource: "deployments", Namespace: "n", Name: "client-1", Code: 200, Received: at(62), Answered: at(80)},
}

func TestWritesPerResource(t *testing.T) {
	want := map[string]int{"n/server-1": 4, "n/client-1": 1}
	if diff := cmp.Diff(want, writesPerResource(story)); diff != "" {
		t.Errorf("writes (-want +got):\n%s", diff)
	}
}

func TestSorts(t *testing.T) {
	want := map[string]int{"services": 1, "deployments": 2, "statuses": 1, "events": 1}
	if diff := cmp.Diff(want, countBy(only(story, isWrite), sortOf)); diff != "" {
		t.Errorf("writes by sort (-want +got):\n%s", diff)
	}
}

func TestAMakingEndsWithTheLastChild(t *testing.T) {
	got := makingOf(only(uptoChildren(story), concernsResource))
	if want := (making{time: 30 * time.Millisecond, writes: 2, reads: 1}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestEverySecondPairIsBusy(t *testing.T) {
	for resource, want := range map[string]bool{"server-0": false, "client-0": false, "server-7": true, "n/client-99": true, "other": false} {
		if got := isBusy(resource); got != want {
			t.Errorf("%s is busy: %t, want %t", resource, got, want)
		}
	}
}

func TestAnHourOfWholeMinutes(t *testing.T) {
	if got := steadyWindow(2 * time.Minute).perHour(2); got != 60 {
		t.Errorf("2 writes in 2 minutes are %v an hour, want 60", got)
	}
}
