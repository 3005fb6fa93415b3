// Package docs_test holds the project's pages to the code: what they name
// exists, what exists is named, and examples are valid.
package docs_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
)

// root is the folder of the repository.
func root() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Join(filepath.Dir(file), "..", "..")
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root(), path))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// page is one Markdown file.
type page struct {
	path   string // from the root
	text   string
	blocks []block
	prose  string // the text outside of blocks
}

// block is a fenced block of a page.
type block struct {
	language string
	text     string
}

// pages returns every Markdown file of the repository.
func pages(t *testing.T) []page {
	t.Helper()
	var all []page
	err := filepath.WalkDir(root(), func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == ".git" || d.Name() == "bin"):
			return filepath.SkipDir
		case !d.IsDir() && strings.HasSuffix(path, ".md"):
			relative, _ := filepath.Rel(root(), path)
			all = append(all, parse(relative, read(t, relative)))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func parse(path, text string) page {
	p := page{path: path, text: text}
	var prose strings.Builder
	inside := false
	for line := range strings.Lines(text) {
		fence, isFence := strings.CutPrefix(strings.TrimSpace(line), "```")
		switch {
		case isFence && !inside:
			p.blocks = append(p.blocks, block{language: fence})
			inside = true
		case isFence:
			inside = false
		case inside:
			p.blocks[len(p.blocks)-1].text += line
		default:
			prose.WriteString(line)
		}
	}
	p.prose = prose.String()
	return p
}

// section returns the part of the prose below a heading of the second level.
func (p page) section(t *testing.T, heading string) string {
	t.Helper()
	_, after, found := strings.Cut(p.prose, "\n## "+heading+"\n")
	if !found {
		t.Fatalf("%s has no section %q", p.path, heading)
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
