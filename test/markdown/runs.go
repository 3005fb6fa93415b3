package markdown

import (
	"path"
	"strings"
)

// IsRun says whether the end-to-end tests run a block of commands: those of the
// scenarios, and the gate of the README.
func (p Page) IsRun(b Block) bool {
	if b.Language != "console" {
		return false
	}
	scenario, _ := path.Match("config/samples/scenarios/*/README.md", p.Path)
	return scenario || p.Path == "README.md" && strings.Contains(b.Text, "$ kubectl apply -f config/samples/")
}

// Runs are the commands of a page that the end-to-end tests run, in order.
func (p Page) Runs() []Command {
	var all []Command
	for _, b := range p.Blocks {
		if p.IsRun(b) {
			all = append(all, b.Commands()...)
		}
	}
	return all
}
