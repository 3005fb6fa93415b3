// Package report prints what was measured as tables: ratios where a figure
// depends on the machine, and whether it is what it should be.
package report

import (
	"fmt"
	"io"
	"math"
	"strings"
	"text/tabwriter"

	"tcp-operator.io/bench/stats"
)

// A Figure is one line of a table.
type Figure struct {
	Name string
	// Absolute says that the values themselves are shown, not their ratios.
	Absolute bool
	Targets  []Target
}

// A Series holds the values of one contender, a round each, by the figure's
// name. NaN is a round that failed.
type Series map[string][]float64

// A Table is what one measure found.
type Table struct {
	Title   string
	Ours    string   // the contender that the figures are about
	Peers   []string // those it is paired with
	Figures []Figure
	Series  map[string]Series // by contender; one that is missing could not be run
	// Others holds, for each sample, which share of the machine's processors
	// others took meanwhile, in [0,1].
	Others []float64
}

// busy is the share of the processors from which on others' work makes noise
// of a figure.
const busy = 0.05

// Disturbed says how much else the machine did, and is empty where that was
// too little to matter.
func (t *Table) Disturbed() string {
	disturbed := 0
	for _, share := range t.Others {
		if share >= busy {
			disturbed++
		}
	}
	if disturbed == 0 {
		return ""
	}
	s := stats.Of(t.Others)
	return fmt.Sprintf("THE MACHINE HAD OTHER WORK: %.0f %% of its processors (%.0f-%.0f), in %d of %d samples too much. Take nothing here for a figure.",
		100*s.Median, 100*s.Min, 100*s.Max, disturbed, len(t.Others))
}

// Print prints the table, and returns how many figures are not what they
// should be.
func (t *Table) Print(w io.Writer) (unmet int, err error) {
	fmt.Fprintf(w, "\n%s\n", t.Title)
	if warning := t.Disturbed(); warning != "" {
		fmt.Fprintln(w, warning)
	}
	fmt.Fprintln(w)
	columns := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	fmt.Fprintf(columns, "\t%s\n", strings.Join(t.header(), "\t"))
	for _, f := range t.Figures {
		cells, met := t.line(f)
		if !met {
			unmet++
		}
		fmt.Fprintf(columns, "%s\t%s\n", f.Name, strings.Join(cells, "\t"))
	}
	return unmet, columns.Flush()
}

func (t *Table) header() []string {
	header := []string{t.Ours}
	header = append(header, t.Peers...)
	return append(header, "target", "")
}

// line returns the cells of a figure after its name.
func (t *Table) line(f Figure) (cells []string, met bool) {
	for _, contender := range append([]string{t.Ours}, t.Peers...) {
		cells = append(cells, t.cell(f, contender))
	}
	if len(f.Targets) == 0 {
		return append(cells, "", ""), true
	}
	var wanted []string
	met = true
	for _, target := range f.Targets {
		wanted = append(wanted, target.String())
		met = met && target.met(t, f)
	}
	verdict := "met"
	if !met {
		verdict = "NOT MET"
	}
	return append(cells, strings.Join(wanted, ", "), verdict), met
}

// cell shows a contender's own values, or the ratios of ours to them.
func (t *Table) cell(f Figure, contender string) string {
	switch _, ran := t.Series[contender]; {
	case !ran:
		return "not available"
	case f.Absolute:
		return show(stats.Of(t.Series[contender][f.Name]))
	case contender == t.Ours:
		return "1" + howMany(stats.Of(t.Series[contender][f.Name]))
	}
	return show(t.ratio(f, contender))
}

// ratio is that of ours to a peer's.
func (t *Table) ratio(f Figure, peer string) stats.Spread {
	return stats.Ratios(t.Series[t.Ours][f.Name], t.Series[peer][f.Name])
}

func show(s stats.Spread) string {
	switch s.Rounds {
	case 0:
		return "-"
	case 1:
		return number(s.Median) + howMany(s)
	}
	return fmt.Sprintf("%s (%s-%s)", number(s.Median), number(s.Min), number(s.Max)) + howMany(s)
}

// howMany says how many rounds count, where not all do.
func howMany(s stats.Spread) string {
	if s.Missing == 0 {
		return ""
	}
	return fmt.Sprintf(", %d of %d rounds", s.Rounds, s.Rounds+s.Missing)
}

// number writes three significant digits, and what is large whole.
func number(v float64) string {
	if math.Abs(v) >= 100 {
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprintf("%.3g", v)
}
