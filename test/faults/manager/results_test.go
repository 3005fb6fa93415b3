package manager

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"sync"
	"testing"
	"text/tabwriter"
)

// results counts the plans that were run, by kind.
var results table

type table struct {
	mu   sync.Mutex
	rows map[string]*row
}

type row struct{ run, failed, versions, writes int }

// judged notes the end of a plan.
func (r *table) judged(t *testing.T, kind string, x *trial) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.rows == nil {
		r.rows = map[string]*row{}
	}
	if r.rows[kind] == nil {
		r.rows[kind] = &row{}
	}
	of := r.rows[kind]
	of.run++
	if t.Failed() {
		of.failed++
	}
	_, versions := x.cluster.history.violations()
	of.versions += versions
	of.writes += len(x.writes())
}

func (r *table) print(to io.Writer) {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)
	fmt.Fprintf(out, "KIND\tPLANS\tFAILED\tVERSIONS CHECKED\tWRITES\n")
	for _, kind := range slices.Sorted(maps.Keys(r.rows)) {
		of := r.rows[kind]
		fmt.Fprintf(out, "%s\t%d\t%d\t%d\t%d\n", kind, of.run, of.failed, of.versions, of.writes)
	}
	out.Flush()
}
