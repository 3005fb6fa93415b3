package view

import (
	"strings"
	"testing"
)

func TestAScreenFitsTheTerminal(t *testing.T) {
	head, foot := []string{"now", ""}, []string{"warning: long enough to be cut"}
	table := "POD\na\nb\nc\nd\n"
	for name, c := range map[string]struct {
		width, height int
		want          string
	}{
		"no size":     {0, 0, "now||POD|a|b|c|d|warning: long enough to be cut|"},
		"all fits":    {80, 9, "now||POD|a|b|c|d|warning: long enough to be cut|"},
		"too low":     {80, 8, "now||POD|a|b|and 2 more: make the window higher, or name a resource|warning: long enough to be cut|"},
		"too narrow":  {8, 9, "now||POD|a|b|c|d|warning:|"},
		"hardly any":  {80, 1, "now||POD|and 4 more: make the window higher, or name a resource|warning: long enough to be cut|"},
		"one by many": {1, 7, "n||P|a|a|w|"},
	} {
		got := Screen(head, table, foot, c.width, c.height)
		if want := "\x1b[H" + strings.ReplaceAll(c.want, "|", "\x1b[K\n") + "\x1b[J"; got != want {
			t.Errorf("%s:\n%q, want\n%q", name, got, want)
		}
		if lines := strings.Count(got, "\n"); c.height > 5 && lines >= c.height {
			t.Errorf("%s: %d lines and the cursor do not fit", name, lines)
		}
	}
}

func TestWhatDoesNotPrintIsEscaped(t *testing.T) {
	for text, want := range map[string]string{
		"10.244.0.4:50736 µ └─ ok": "10.244.0.4:50736 µ └─ ok",
		"\x1b[2J\x1b]0;title\a":    `\x1b[2J\x1b]0;title\a`,
		"two\nlines\tand\rmore":    `two\nlines\tand\rmore`,
		"\u009b31m":                `\u009b31m`,
		"a\u202eb":                 `a\u202eb`,
		"\xff":                     `\xff`,
		"\ufffd":                   "\ufffd",
		`a "quoted" back\slash`:    `a "quoted" back\slash`,
	} {
		if got := Visible(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
