package docs_test

import (
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	link    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading = regexp.MustCompile(`(?m)^#+ (.+)$`)
	// punctuation is what an anchor leaves out.
	punctuation = regexp.MustCompile(`[^a-z0-9 _-]`)
)

func TestRelativeLinksResolve(t *testing.T) {
	for _, p := range pages(t) {
		for _, match := range link.FindAllStringSubmatch(p.prose, -1) {
			if !strings.Contains(match[1], "://") {
				checkLink(t, p, match[1])
			}
		}
	}
}

func checkLink(t *testing.T, p page, target string) {
	t.Helper()
	file, anchor, _ := strings.Cut(target, "#")
	to := p.path
	if file != "" {
		to = path.Join(path.Dir(p.path), file)
	}
	if _, err := os.Stat(filepath.Join(root(), to)); err != nil {
		t.Errorf("%s: the link %s leads nowhere", p.path, target)
		return
	}
	if anchor != "" && !anchors(parse(to, read(t, to)))[anchor] {
		t.Errorf("%s: the link %s leads to no heading", p.path, target)
	}
}

func anchors(p page) map[string]bool {
	all := map[string]bool{}
	for _, match := range heading.FindAllStringSubmatch(p.prose, -1) {
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
	for _, p := range pages(t) {
		for _, code := range p.code() {
			for _, match := range makeTarget.FindAllStringSubmatch(code, -1) {
				if !known[match[1]] {
					t.Errorf("%s: there is no make %s", p.path, match[1])
				}
			}
		}
	}
}

// code returns the blocks and the code spans.
func (p page) code() []string {
	all := names(p.prose)
	for _, b := range p.blocks {
		all = append(all, b.text)
	}
	return all
}
