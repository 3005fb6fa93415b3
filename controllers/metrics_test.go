package controllers

import (
	"flag"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/metrics"

	"tcp-operator.io/api/v1alpha1"
)

var update = flag.Bool("update", false, "rewrite the golden file")

// TestMetricNames holds what the manager measures to a list: dashboards,
// alerts and docs/metrics.md name some of these. A library's new version may
// rename them.
func TestMetricNames(t *testing.T) {
	w := newWorld(t)
	stop := startManagerWith(t, server.Config, ctrl.Options{Cache: CacheOptions(), Client: ClientOptions(),
		LeaderElection: true, LeaderElectionID: "tcp-operator", LeaderElectionNamespace: w.namespace})
	defer stop()
	w.create(clientOf("caller", "greeter"))
	w.eventually("the manager to act", func() bool { return w.reason("caller") == v1alpha1.ReasonServerNotFound })

	const golden = "testdata/metrics.txt"
	got := strings.Join(managerMetrics(t), "\n") + "\n"
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("go test -update writes %s anew (-want +got):\n%s", golden, diff)
	}
}

// managerMetrics lists type and name of what controller-runtime and client-go
// measure.
func managerMetrics(t *testing.T) []string {
	t.Helper()
	families, err := metrics.Registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, family := range families {
		ours := func(prefix string) bool { return strings.HasPrefix(family.GetName(), prefix) }
		if slices.ContainsFunc([]string{"controller_runtime_", "workqueue_", "rest_client_", "leader_election_"}, ours) {
			all = append(all, strings.ToLower(family.GetType().String())+" "+family.GetName())
		}
	}
	return all
}
