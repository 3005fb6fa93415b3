package manager

import (
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"sync"
	"testing"
	"text/tabwriter"
	"time"
)

// results counts the plans that there are and those that were run, by kind.
var results table

type table struct {
	mu    sync.Mutex
	began time.Time
	rows  map[string]*row
}

// row is what became of one kind of plan. Plans that there are, are those of
// the workloads that were looked at: all of them with -full.
type row struct{ there, run, failed, missed, replaced, versions, writes int }

// mostMissed is the share of a kind's plans whose fault may miss, one in so
// many, those aside that another one has stood in for. Such a plan says nothing,
// and fails nothing. But a kind of which more than this misses is not tested,
// and that does fail.
const mostMissed = 3

// progress is after how many plans a line says how far the tests have come, so
// that what was found is known even of a run that is ended early.
const progress = 25

func (r *table) of(kind string) *row {
	if r.rows == nil {
		r.rows, r.began = map[string]*row{}, time.Now()
	}
	if r.rows[kind] == nil {
		r.rows[kind] = &row{}
	}
	return r.rows[kind]
}

// found notes plans of a kind that there are.
func (r *table) found(kind string, n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.of(kind).there += n
}

// replacing notes that another plan of a kind stands in for one that missed.
func (r *table) replacing(kind string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.of(kind).replaced++
}

// ended notes the end of a plan, whatever it came to.
func (r *table) ended(t *testing.T, x *trial) {
	r.mu.Lock()
	defer r.mu.Unlock()
	of := r.of(x.kind)
	of.run++
	if t.Failed() && !x.passed {
		of.failed++
	}
	if x.strike != nil && !x.strike.Load() {
		of.missed++
	}
	if x.cluster != nil {
		_, versions := x.cluster.history.violations()
		of.versions += versions
	}
	of.writes += len(x.writes())
	if all := r.sum(); all.run%progress == 0 {
		fmt.Printf("%s: %d plans, %d failed, %d not struck\n", time.Since(r.began).Round(time.Second), all.run, all.failed, all.missed)
	}
}

func (r *table) sum() row {
	var all row
	for _, of := range r.rows {
		all.there += of.there
		all.run += of.run
		all.failed += of.failed
		all.missed += of.missed
		all.replaced += of.replaced
		all.versions += of.versions
		all.writes += of.writes
	}
	return all
}

// print shows the table, and tells whether every kind of fault has struck
// often enough.
func (r *table) print(to io.Writer) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	fmt.Fprintf(to, "seed %d\n", *seed)
	out := tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)
	fmt.Fprintf(out, "KIND\tTHERE ARE\tPLANS\tFAILED\tNOT STRUCK\tSTAND-INS\tVERSIONS CHECKED\tWRITES\n")
	var weak []string
	for _, kind := range slices.Sorted(maps.Keys(r.rows)) {
		of := r.rows[kind]
		of.print(out, kind)
		if missed := of.missed - of.replaced; missed > 1 && missed*mostMissed > of.run {
			weak = append(weak, kind)
		}
	}
	all := r.sum()
	all.print(out, "all")
	_ = out.Flush() // nothing can be done about it
	if len(weak) > 0 {
		fmt.Fprintf(to, "the fault has not struck in more than one plan in %d of: %q\n", mostMissed, weak)
	}
	return len(weak) == 0
}

func (r *row) print(to io.Writer, kind string) {
	fmt.Fprintf(to, "%s\t%d\t%d\t%d\t%d\t%d\t%d\t%d\n", kind, max(r.there, r.run), r.run, r.failed, r.missed, r.replaced, r.versions, r.writes)
}

// report prints the table, and returns the exit code for TestMain.
func (r *table) report(code int) int {
	if !r.print(os.Stdout) && code == 0 {
		return 1
	}
	return code
}
