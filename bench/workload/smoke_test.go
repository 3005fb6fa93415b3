package main

import (
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"tcp-operator.io/bench/report"
	"tcp-operator.io/bench/workload/peer"
)

// The test's own program plays the peers, as the real one does.
func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == "peer" {
		if err := peer.Serve(os.Args[2], os.Args[3:]); err != nil {
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// smallest returns what takes a second or so for each measure.
func smallest(t *testing.T) *bench {
	program := filepath.Join(t.TempDir(), "workload")
	build := exec.CommandContext(t.Context(), "go", "build", "-C", "../..", "-o", program, "./workload")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build the workload: %v\n%s", err, out)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return &bench{
		fleet:  fleet{workload: program, self: self},
		rounds: 1,
		sizes:  sizes{sessions: 50, delay: 200 * time.Millisecond, pingPong: 20 * time.Millisecond},
	}
}

func TestEveryMeasureGivesEveryFigure(t *testing.T) {
	b := smallest(t)
	for _, m := range b.measures() {
		m.peers = []string{stdnet} // as Twisted may be missing
		table, err := b.run(t.Context(), m)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range m.figures {
			checkValues(t, m.name, f, table.Series[ours][f.Name], f.Name == early || f.Name == lost)
			if m.name != "size" && f.Name != heldByClient && f.Name != smallBacklog {
				checkValues(t, m.name+" of a peer", f, table.Series[stdnet][f.Name], f.Name == early || f.Name == lost)
			}
		}
	}
}

// checkValues holds that a figure was measured in every round. None is lost
// and none early on any machine; how fast it is, is no matter of a test.
func checkValues(t *testing.T, of string, f report.Figure, values []float64, none bool) {
	t.Helper()
	if len(values) != 1 || math.IsNaN(values[0]) {
		t.Errorf("%s: %q was measured as %v, want one value", of, f.Name, values)
		return
	}
	if none && values[0] != 0 {
		t.Errorf("%s: %v %s", of, values[0], f.Name)
	}
}
