package plans

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"text/tabwriter"
)

// Table counts the plans that there are, those that ran and those that failed,
// by workload and family of fault. It is safe for concurrent use.
type Table struct {
	mu    sync.Mutex
	cells map[cell]count
	rows  []string
}

type cell struct {
	workload string
	family   Family
}

type count struct{ there, run, failed int }

// NewTable returns a table of the plans that there are, none of which has run.
func NewTable(all []Plan) *Table {
	t := &Table{cells: map[cell]count{}}
	for _, p := range all {
		t.change(p, func(n *count) { n.there++ })
	}
	slices.Sort(t.rows)
	return t
}

// Add counts what became of a plan, and returns how many were counted.
func (t *Table) Add(p Plan, r Result) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.change(p, func(n *count) {
		n.run++
		if r.Err != nil {
			n.failed++
		}
	})
	return t.sum("", "").run
}

func (t *Table) change(p Plan, by func(*count)) {
	at := cell{p.Workload.String(), p.Fault.Family}
	if !slices.Contains(t.rows, at.workload) {
		t.rows = append(t.rows, at.workload)
	}
	n := t.cells[at]
	by(&n)
	t.cells[at] = n
}

// Line says in one line how far the plans have come.
func (t *Table) Line() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	all := t.sum("", "")
	var line strings.Builder
	fmt.Fprintf(&line, "%d of %d plans, %d failed:", all.run, all.there, all.failed)
	for _, f := range Families {
		fmt.Fprintf(&line, " %s %s", f, t.sum("", f))
	}
	return line.String()
}

// String shows each cell as the number of plans that ran, and of those that
// failed where there are any; the sums; and how many plans there are.
func (t *Table) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
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
	fmt.Fprint(w, "there are\t")
	for _, f := range append(slices.Clone(Families), "") {
		fmt.Fprintf(w, "%d\t", t.sum("", f).there)
	}
	fmt.Fprintln(w)
	_ = w.Flush() // a strings.Builder takes everything
	return out.String()
}

// sum adds the cells of a workload and a family; empty stands for any.
func (t *Table) sum(workload string, family Family) count {
	var sum count
	for at, n := range t.cells {
		if (workload == "" || at.workload == workload) && (family == "" || at.family == family) {
			sum.there += n.there
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
