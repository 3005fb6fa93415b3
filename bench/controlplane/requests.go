package main

import (
	"strings"
	"time"

	"tcp-operator.io/bench/controlplane/plane"
)

// writesPerResource counts the writes that each TcpServer and TcpClient has
// cost, by namespace and name. Children have its name, events begin with it.
func writesPerResource(requests []plane.Request) map[string]int {
	writes := map[string]int{}
	for _, r := range requests {
		if r.Writes() {
			writes[resourceOf(r)]++
		}
	}
	return writes
}

func resourceOf(r plane.Request) string {
	name, _, _ := strings.Cut(r.Name, ".")
	return r.Namespace + "/" + name
}

// sort of a request, as tables name it.
func sortOf(r plane.Request) string {
	switch {
	case r.Resource == "events":
		return "events"
	case r.Subresource == "status":
		return "statuses"
	}
	return r.Resource
}

// countBy counts requests by what key says of them.
func countBy(requests []plane.Request, key func(plane.Request) string) map[string]int {
	n := map[string]int{}
	for _, r := range requests {
		n[key(r)]++
	}
	return n
}

func verbOf(r plane.Request) string { return r.Verb }

// only returns the requests that is holds for.
func only(requests []plane.Request, is func(plane.Request) bool) []plane.Request {
	var some []plane.Request
	for _, r := range requests {
		if is(r) {
			some = append(some, r)
		}
	}
	return some
}

func isWrite(r plane.Request) bool { return r.Writes() }

// makesChild tells whether a Service or a Deployment was made, by a create or
// by an apply: both are answered alike.
func makesChild(r plane.Request) bool {
	return r.Creates() && r.Subresource == "" && (r.Resource == "services" || r.Resource == "deployments")
}

// childrenIn counts the children that were made. One that was made again after
// it had been deleted is one.
func childrenIn(requests []plane.Request) int {
	made := map[string]bool{}
	for _, r := range only(requests, makesChild) {
		made[r.Resource+"/"+r.Namespace+"/"+r.Name] = true
	}
	return len(made)
}

func isStatus(r plane.Request) bool { return r.Writes() && r.Subresource == "status" }

func first(requests []plane.Request) time.Time {
	var first time.Time
	for _, r := range requests {
		if first.IsZero() || r.Received.Before(first) {
			first = r.Received
		}
	}
	return first
}

func last(requests []plane.Request) time.Time {
	var last time.Time
	for _, r := range requests {
		if r.Answered.After(last) {
			last = r.Answered
		}
	}
	return last
}

// concernsResource tells a request for one resource or child from those that
// fill caches or find out what the API server offers.
func concernsResource(r plane.Request) bool { return r.Name != "" && r.Verb != "watch" }
