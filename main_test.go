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
