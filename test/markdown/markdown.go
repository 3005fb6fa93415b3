// Package markdown reads the project's pages: their prose, their blocks, and
// the commands in these.
package markdown

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tcp-operator.io/test/apiserver"
)

// A Page is one Markdown file.
type Page struct {
	Path   string // from the root
	Blocks []Block
	Prose  string // the text outside of blocks
}

// A Block is a fenced block of a page.
type Block struct {
	Language string
	Text     string
}

// Pages returns every Markdown file of the repository.
func Pages(t *testing.T) []Page {
	t.Helper()
	var all []Page
	err := filepath.WalkDir(apiserver.Root(), func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == ".git" || d.Name() == "bin"):
			return filepath.SkipDir
		case !d.IsDir() && strings.HasSuffix(path, ".md"):
			relative, _ := filepath.Rel(apiserver.Root(), path)
			all = append(all, Read(t, relative))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// Read returns one page, whose path is from the root.
func Read(t *testing.T, path string) Page {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(apiserver.Root(), filepath.FromSlash(path)))
	if err != nil {
		t.Fatal(err)
	}
	return Parse(path, string(text))
}

// Parse splits the text of a page.
func Parse(path, text string) Page {
	p := Page{Path: path}
	var prose strings.Builder
	inside := false
	for line := range strings.Lines(text) {
		fence, isFence := strings.CutPrefix(strings.TrimSpace(line), "```")
		switch {
		case isFence && !inside:
			p.Blocks = append(p.Blocks, Block{Language: fence})
			inside = true
		case isFence:
			inside = false
		case inside:
			p.Blocks[len(p.Blocks)-1].Text += line
		default:
			prose.WriteString(line)
		}
	}
	p.Prose = prose.String()
	return p
}

// A Command is one that a page shows, with what it says it prints.
type Command struct {
	Text   string
	Output string
}

// Commands are those of a console block, or of one without a language: each
// begins with "$ ", and lines that follow it indented belong to it.
func (b Block) Commands() []Command {
	var all []Command
	if b.Language != "console" && b.Language != "" {
		return nil
	}
	for line := range strings.Lines(b.Text) {
		text, begins := strings.CutPrefix(line, "$ ")
		switch last := len(all) - 1; {
		case begins:
			all = append(all, Command{Text: text})
		case last < 0: // output of nothing
		case all[last].Output == "" && strings.HasPrefix(line, "  "):
			all[last].Text += line
		default:
			all[last].Output += line
		}
	}
	return all
}
