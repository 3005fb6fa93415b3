package main

import (
	"io"
	"slices"
	"strings"
	"testing"
)

func TestNamespaces(t *testing.T) {
	for list, want := range map[string][]string{
		"":              nil,
		"default":       {"default"},
		"team-a,team-b": {"team-a", "team-b"},
	} {
		f, err := parseFlags([]string{"--workload-image=workload:test", "--namespaces=" + list}, io.Discard)
		if err != nil || !slices.Equal(f.namespaces, want) {
			t.Errorf("--namespaces=%s gives %q (%v), want %q", list, f.namespaces, err, want)
		}
	}
}

// TestWrongFlags holds what is said about them: one line that names the flag
// and what to write instead.
func TestWrongFlags(t *testing.T) {
	for args, want := range map[string]string{
		"--namespaces=a,":          `--namespaces: "a," has an empty name: write names separated by single commas, or nothing for all namespaces`,
		"--namespaces=a, b":        `--namespaces: " b" is not the name of a namespace: write at most 63 lower-case letters, digits and dashes`,
		"--namespaces=Team_A":      `--namespaces: "Team_A" is not the name of a namespace: write at most 63 lower-case letters, digits and dashes`,
		"--namespaces=a,b,a":       `--namespaces: "a" stands there twice: remove one`,
		"--namespaces=*":           `--namespaces: "*" is not the name of a namespace: write at most 63 lower-case letters, digits and dashes`,
		"--snapshot-interval=1ms":  `--snapshot-interval: 1ms is too short: write at least 100ms`,
		"--workload-image=":        `--workload-image: is empty: name the image that the pods should run, or set WORKLOAD_IMAGE`,
		"more":                     `"more" is no flag: see --help`,
		"--namespaces=" + long(64): `--namespaces: "` + long(64) + `" is not the name of a namespace: write at most 63 lower-case letters, digits and dashes`,
	} {
		t.Setenv("WORKLOAD_IMAGE", "")
		_, err := parseFlags([]string{"--workload-image=workload:test", args}, io.Discard)
		if err == nil || err.Error() != want {
			t.Errorf("%s gives\n%v, want\n%s", args, err, want)
		}
	}
}

// TestThePageIsNeverOpenToAll holds that it is served where the API server is
// asked who reads it, or not at all.
func TestThePageIsNeverOpenToAll(t *testing.T) {
	for _, c := range []struct{ args, want string }{
		{"--metrics-secure=false", "--ui: the page is for those who may read it: let --metrics-secure be true"},
		{"--metrics-bind-address=0", "--ui: the page is served beside the metrics: let --metrics-bind-address be an address"},
	} {
		_, err := parseFlags([]string{"--workload-image=workload:test", "--ui", c.args}, io.Discard)
		if err == nil || err.Error() != c.want {
			t.Errorf("--ui %s gives\n%v, want\n%s", c.args, err, c.want)
		}
	}
	if f, err := parseFlags([]string{"--workload-image=workload:test"}, io.Discard); err != nil || f.ui {
		t.Errorf("by default it is served: %v (%v)", f.ui, err)
	}
}

func long(n int) string { return strings.Repeat("a", n) }

// TestReadsWaitForWritesInOneNamespaceOnly is controller-runtime's limit.
func TestReadsWaitForWritesInOneNamespaceOnly(t *testing.T) {
	for _, c := range []struct {
		namespaces []string
		waits      bool
	}{{nil, true}, {[]string{"a"}, true}, {[]string{"a", "b"}, false}} {
		o := managerOptions(flags{namespaces: c.namespaces})
		if got := *o.Client.Cache.EnableReadYourWritesConsistency; got != c.waits {
			t.Errorf("with namespaces %q reads wait for writes: %v, want %v", c.namespaces, got, c.waits)
		}
		if got := len(o.Cache.DefaultNamespaces); got != len(c.namespaces) {
			t.Errorf("with namespaces %q the cache is of %d", c.namespaces, got)
		}
	}
}
