// Package docs_test holds the project's pages to the code: what they name
// exists, what exists is named, and examples are valid.
package docs_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"tcp-operator.io/test/apiserver"
	"tcp-operator.io/test/markdown"
)

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(apiserver.Root(), path))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// section returns the part of the prose below a heading of the second level.
func section(t *testing.T, p markdown.Page, heading string) string {
	t.Helper()
	_, after, found := strings.Cut(p.Prose, "\n## "+heading+"\n")
	if !found {
		t.Fatalf("%s has no section %q", p.Path, heading)
	}
	body, _, _ := strings.Cut(after, "\n## ")
	return body
}

var codeSpan = regexp.MustCompile("`([^`]+)`")

// names returns the code spans of a cell.
func names(cell string) []string {
	var all []string
	for _, match := range codeSpan.FindAllStringSubmatch(cell, -1) {
		all = append(all, match[1])
	}
	return all
}

// rows returns the cells of the tables in text, without heads.
func rows(text string) [][]string {
	var all [][]string
	inTable := false
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		switch {
		case !strings.HasPrefix(line, "|"):
			inTable = false
		case strings.HasPrefix(line, "| ---"):
			inTable = true
		case inTable:
			all = append(all, cells(line))
		}
	}
	return all
}

func cells(line string) []string {
	all := strings.Split(strings.Trim(line, "|"), " | ")
	for i := range all {
		all[i] = strings.TrimSpace(all[i])
	}
	return all
}
