// Package view turns what was read into text for people. It makes no calls and
// knows no clock.
package view

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

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
	// Namespace adds a column with it.
	Namespace bool
	// Now is the moment that ages are counted to.
	Now time.Time
}

// A table is printed in columns that are as wide as their content. Cells
// beyond the header are dropped.
type table struct {
	header []string
	rows   [][]string
}

func (t *table) add(cells ...string) { t.rows = append(t.rows, cells) }

// print writes the table, or a line that there is nothing.
func (t *table) print(w io.Writer, none string) {
	if len(t.rows) == 0 {
		fmt.Fprintln(w, none)
		return
	}
	tabs := printers.GetNewTabWriter(w)
	fmt.Fprintln(tabs, strings.Join(t.header, "\t"))
	for _, row := range t.rows {
		fmt.Fprintln(tabs, strings.Join(row, "\t"))
	}
	_ = tabs.Flush() // w's own error shows at the next write
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

func (s Style) paint(colour, text string) string {
	if !s.Colour {
		return text
	}
	return colour + text + end
}

func (s Style) health(h topology.Health) string {
	switch h {
	case topology.Healthy:
		return s.paint(green, string(h))
	case topology.Failed:
		return s.paint(red, string(h))
	}
	return s.paint(yellow, string(h))
}
