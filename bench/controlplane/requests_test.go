package main

import (
	"slices"
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
	for how, story := range map[string][]plane.Request{"applied": story, "created": createdStory()} {
		got := makingOf(only(uptoChildren(story), concernsResource), nil)
		if want := (making{time: 30 * time.Millisecond, writes: 2, reads: 1}); got != want {
			t.Errorf("%s: got %+v, want %+v", how, got, want)
		}
		if n := childrenIn(story); n != 2 {
			t.Errorf("%s: %d children, want 2", how, n)
		}
	}
}

// createdStory is the story with children that are made by a plain create, of
// which the audit log tells the name too.
func createdStory() []plane.Request {
	created := slices.Clone(story)
	for i, r := range created {
		if makesChild(r) {
			created[i].Verb = "create"
		}
	}
	return created
}

func TestWhatMakesAChild(t *testing.T) {
	for _, tt := range []struct {
		name    string
		request plane.Request
		want    bool
	}{
		{"create", plane.Request{Verb: "create", Resource: "services", Code: 201}, true},
		{"apply", plane.Request{Verb: "patch", Resource: "deployments", Code: 201}, true},
		{"apply to one that is there", plane.Request{Verb: "patch", Resource: "deployments", Code: 200}, false},
		{"create of one that is there", plane.Request{Verb: "create", Resource: "services", Code: 409}, false},
		{"event", plane.Request{Verb: "create", Resource: "events", Code: 201}, false},
	} {
		if got := makesChild(tt.request); got != tt.want {
			t.Errorf("%s: %t, want %t", tt.name, got, tt.want)
		}
	}
}

// To wait for so many would be to wait for ever.
func TestAChildThatWasMadeAgainIsOne(t *testing.T) {
	twice := append(slices.Clone(story), story...)
	if n := childrenIn(twice); n != 2 {
		t.Errorf("%d children, want 2", n)
	}
}

func TestEachContenderBeginsARound(t *testing.T) {
	all := []contender{{name: "a"}, {name: "b"}, {name: "c"}}
	for round, want := range []string{"abc", "bca", "cab", "abc"} {
		got := ""
		for _, who := range rotated(all, round) {
			got += who.name
		}
		if got != want {
			t.Errorf("round %d: %s, want %s", round, got, want)
		}
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
