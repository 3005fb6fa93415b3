package plans

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"text/tabwriter"
)

// Table counts plans that ran and plans that failed, by workload and family of
// fault. It is safe for concurrent use.
type Table struct {
	mu    sync.Mutex
	cells map[cell]count
	rows  []string
}

type cell struct {
	workload string
	family   Family
}

type count struct{ run, failed int }

// NewTable returns an empty table.
func NewTable() *Table { return &Table{cells: map[cell]count{}} }

// Add counts what became of a plan, and returns how many were counted.
func (t *Table) Add(p Plan, r Result) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	workload := p.Workload.String()
	if !slices.Contains(t.rows, workload) {
		t.rows = append(t.rows, workload)
	}
	at := cell{workload, p.Fault.Family}
	n := t.cells[at]
	n.run++
	if r.Err != nil {
		n.failed++
	}
	t.cells[at] = n
	return t.sum("", "").run
}

// Runs is how many plans were counted.
func (t *Table) Runs() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.sum("", "").run
}

// String shows each cell as the number of plans, and of those that failed
// where there are any; and the sums.
func (t *Table) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	slices.Sort(t.rows)
	var out strings.Builder
	w := tabwriter.NewWriter(&out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(w, "plans (failed)\t")
	for _, f := range Families {
		fmt.Fprintf(w, "%s\t", f)
	}
	fmt.Fprintln(w, "all\t")
	for _, row := range append(slices.Clone(t.rows), "") {
		name := row
		if row == "" {
			name = "all"
		}
		fmt.Fprintf(w, "%s\t", name)
		for _, f := range append(slices.Clone(Families), "") {
			fmt.Fprintf(w, "%s\t", t.sum(row, f))
		}
		fmt.Fprintln(w)
	}
	_ = w.Flush() // a strings.Builder takes everything
	return out.String()
}

// sum adds the cells of a workload and a family; empty stands for any.
func (t *Table) sum(workload string, family Family) count {
	var sum count
	for at, n := range t.cells {
		if (workload == "" || at.workload == workload) && (family == "" || at.family == family) {
			sum.run += n.run
			sum.failed += n.failed
		}
	}
	return sum
}

func (c count) String() string {
	switch {
	case c.run == 0:
		return "-"
	case c.failed == 0:
		return fmt.Sprint(c.run)
	}
	return fmt.Sprintf("%d (%d)", c.run, c.failed)
}
