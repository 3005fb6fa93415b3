// Package view turns what was read into text for people. It makes no calls and
// knows no clock.
package view

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"k8s.io/apimachinery/pkg/util/duration"
	"k8s.io/cli-runtime/pkg/printers"

	"tcp-operator.io/topology"
)

// Style is how text is printed.
type Style struct {
	// Colour paints health; never into a pipe.
	Colour bool
	// Wide adds columns.
	Wide bool
	// Namespace puts it before every name.
	Namespace bool
	// Within is the namespace that is shown; empty: all are.
	Within string
	// Now is the moment that ages are counted to.
	Now time.Time
}

// A table is printed in columns that are as wide as their content.
type table struct {
	header []string
	rows   [][]string
	// paint colours a cell of a row or of the header; nil paints none.
	paint func(row []string, column int) string
}

func (t *table) add(cells ...string) { t.rows = append(t.rows, cells) }

// print writes the table, or a line that there is nothing.
func (t *table) print(w io.Writer, none string) {
	if len(t.rows) == 0 {
		fmt.Fprintln(w, none)
		return
	}
	tabs := printers.GetNewTabWriter(w)
	t.printRow(tabs, t.header)
	for _, row := range t.rows {
		t.printRow(tabs, row)
	}
	_ = tabs.Flush() // w's own error shows at the next write
}

func (t *table) printRow(w io.Writer, row []string) {
	cells := make([]string, len(row))
	for i, text := range row {
		cells[i] = Visible(text)
		if t.paint == nil {
			continue
		}
		if colour := t.paint(row, i); colour != "" {
			cells[i] = colour + cells[i] + end
		}
	}
	fmt.Fprintln(w, strings.Join(cells, "\t"))
}

// Visible returns text with everything escaped that does not print: a pod may
// say anything, and is not to write to the user's terminal.
func Visible(text string) string {
	if !strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) || r == utf8.RuneError }) {
		return text
	}
	var out strings.Builder
	for len(text) > 0 {
		r, size := utf8.DecodeRuneInString(text)
		if r == utf8.RuneError && size == 1 || !unicode.IsPrint(r) {
			quoted := strconv.Quote(text[:size])
			out.WriteString(quoted[1 : len(quoted)-1])
		} else {
			out.WriteString(text[:size])
		}
		text = text[size:]
	}
	return out.String()
}

// unknown stands where there is no value.
const unknown = "-"

func orUnknown(s string) string {
	if s == "" {
		return unknown
	}
	return s
}

func number[T ~int | ~int32 | ~int64](n T) string { return strconv.FormatInt(int64(n), 10) }

// age from then to now, as kubectl prints it.
func (s Style) age(then time.Time) string {
	if then.IsZero() {
		return unknown
	}
	return duration.HumanDuration(s.Now.Sub(then))
}

// micros prints a time of so many microseconds with three digits or so.
func micros(n int64) string {
	d := time.Duration(n) * time.Microsecond
	switch {
	case d >= 10*time.Second:
		return d.Round(100 * time.Millisecond).String()
	case d >= time.Second:
		return d.Round(10 * time.Millisecond).String()
	case d >= 10*time.Millisecond:
		return d.Round(100 * time.Microsecond).String()
	}
	return d.String()
}

func perSecond(r *topology.Rate, of func(topology.Rate) float64) string {
	if r == nil {
		return unknown
	}
	return strconv.FormatFloat(of(*r), 'f', 1, 64)
}

func received(r topology.Rate) float64 { return r.ReceivedPerSecond }
func sent(r topology.Rate) float64     { return r.SentPerSecond }

// Colours of a terminal (ECMA-48, SGR). All are of one length, so that painted
// cells line up as long as every cell of the column is painted.
const (
	green    = "\x1b[32m"
	yellow   = "\x1b[33m"
	red      = "\x1b[31m"
	ordinary = "\x1b[39m"
	end      = "\x1b[0m"
)

// health is the colour of a cell that says it, or of one in its column that
// does not.
func (s Style) health(cell string) string {
	word, _, _ := strings.Cut(cell, " ")
	switch {
	case !s.Colour:
		return ""
	case word == string(topology.Healthy):
		return green
	case word == string(topology.Failed) || word == missing:
		return red
	case word == string(topology.Progressing) || word == string(topology.Terminating):
		return yellow
	}
	return ordinary
}
