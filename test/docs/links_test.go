package docs_test

import (
	"net/url"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"tcp-operator.io/test/apiserver"
	"tcp-operator.io/test/markdown"
)

var (
	link    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading = regexp.MustCompile(`(?m)^#+ (.+)$`)
	// punctuation is what an anchor leaves out.
	punctuation = regexp.MustCompile(`[^a-z0-9 _-]`)
)

// TestLinks follows those within the source tree. Of others, which may be out
// of reach, the form is checked.
func TestLinks(t *testing.T) {
	for _, p := range markdown.Pages(t) {
		for _, match := range link.FindAllStringSubmatch(p.Prose, -1) {
			if strings.Contains(match[1], "://") {
				checkAddress(t, p, match[1])
			} else {
				checkLink(t, p, match[1])
			}
		}
	}
}

func checkAddress(t *testing.T, p markdown.Page, address string) {
	t.Helper()
	u, err := url.Parse(address)
	switch {
	case err != nil:
		t.Errorf("%s: %v", p.Path, err)
	case u.Scheme != "https" || !strings.Contains(u.Hostname(), ".") || u.User != nil || u.Port() != "":
		t.Errorf("%s: the link %s should begin with https:// and the name of a public host", p.Path, address)
	}
}

func checkLink(t *testing.T, p markdown.Page, target string) {
	t.Helper()
	file, anchor, _ := strings.Cut(target, "#")
	to := p.Path
	if file != "" {
		to = path.Join(path.Dir(p.Path), file)
	}
	if _, err := os.Stat(filepath.Join(apiserver.Root(), to)); err != nil {
		t.Errorf("%s: the link %s leads nowhere", p.Path, target)
		return
	}
	if anchor != "" && !anchors(markdown.Read(t, to))[anchor] {
		t.Errorf("%s: the link %s leads to no heading", p.Path, target)
	}
}

func anchors(p markdown.Page) map[string]bool {
	all := map[string]bool{}
	for _, match := range heading.FindAllStringSubmatch(p.Prose, -1) {
		plain := punctuation.ReplaceAllString(strings.ToLower(match[1]), "")
		all[strings.ReplaceAll(plain, " ", "-")] = true
	}
	return all
}

var (
	makeTarget = regexp.MustCompile(`\bmake (?:-\S+ )*([a-z][a-z0-9/-]*)`)
	rule       = regexp.MustCompile(`(?m)^([a-z][a-z0-9/-]*):`)
)

func TestMakeTargetsExist(t *testing.T) {
	known := map[string]bool{}
	for _, match := range rule.FindAllStringSubmatch(read(t, "Makefile"), -1) {
		known[match[1]] = true
	}
	for _, p := range markdown.Pages(t) {
		for _, code := range code(p) {
			for _, match := range makeTarget.FindAllStringSubmatch(code, -1) {
				if !known[match[1]] {
					t.Errorf("%s: there is no make %s", p.Path, match[1])
				}
			}
		}
	}
}

// code returns the blocks and the code spans.
func code(p markdown.Page) []string {
	all := names(p.Prose)
	for _, b := range p.Blocks {
		all = append(all, b.Text)
	}
	return all
}
