// Package licences reads the licences of everything that the two programs are
// linked from.
package licences

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/licensecheck"

	"tcp-operator.io/test/apiserver"
)

// permitted are licences that ask for no more than that their text and the
// names of their authors go with the programs.
var permitted = []string{"Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT"}

// programs are the packages of what is shipped.
var programs = map[string]string{"manager": ".", "workload": "./workload"}

// module is one as `go list` describes it.
type module struct {
	Path, Version, Dir string
	Main               bool
}

// TestEveryLicenceIsPermitted prints them with -v.
func TestEveryLicenceIsPermitted(t *testing.T) {
	for program, path := range programs {
		modules := linked(t, path)
		if len(modules) < 3 {
			t.Errorf("%s is linked from %d modules only: %v", program, len(modules), modules)
		}
		for _, m := range modules {
			found := licencesOf(t, m.Dir)
			t.Logf("%-9s %s %s: %s", program, m.Path, m.Version, strings.Join(found, ", "))
			if len(found) == 0 {
				t.Errorf("%s: %s %s has no licence that is known", program, m.Path, m.Version)
			}
			for _, licence := range found {
				if !slices.Contains(permitted, licence) {
					t.Errorf("%s: %s %s is under %s", program, m.Path, m.Version, licence)
				}
			}
		}
	}
}

// linked are the modules whose packages a program is made of, without our own.
func linked(t *testing.T, path string) []module {
	t.Helper()
	command := exec.CommandContext(t.Context(), "go", "list", "-deps", "-json=Module", path)
	command.Dir = apiserver.Root()
	out, err := command.Output()
	if err != nil {
		t.Fatal(err)
	}
	var all []module
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p struct{ Module module }
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		if p.Module.Path != "" && !p.Module.Main && !slices.Contains(all, p.Module) {
			all = append(all, p.Module)
		}
	}
}

// text is how files with licences are called.
var text = regexp.MustCompile(`(?i)^(licen[cs]es?|copying|unlicense)([-.].*)?$`)

// licencesOf are the licences in a module's top folder, in order, each once. A
// text that is not known counts as "unknown".
func licencesOf(t *testing.T, dir string) (found []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if entry.IsDir() || !text.MatchString(entry.Name()) || strings.HasSuffix(entry.Name(), ".go") {
			continue
		}
		content, err := os.ReadFile(filepath.Join(dir, entry.Name()))
		if err != nil {
			t.Fatal(err)
		}
		found = append(found, recognise(content)...)
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// recognise names the licences of a text, of which most must be known.
func recognise(content []byte) (found []string) {
	coverage := licensecheck.Scan(content)
	for _, match := range coverage.Match {
		if !match.IsURL {
			found = append(found, match.ID)
		}
	}
	if coverage.Percent < 75 {
		found = append(found, "unknown")
	}
	return found
}

// TestOtherLicencesAreSeen keeps the test above able to fail.
func TestOtherLicencesAreSeen(t *testing.T) {
	if got := recognise([]byte("All rights reserved. Pay 5 dollars for each copy.")); !slices.Equal(got, []string{"unknown"}) {
		t.Errorf("a text of nobody's is %v", got)
	}
	mozilla := "This Source Code Form is subject to the terms of the Mozilla Public License, v. 2.0. " +
		"If a copy of the MPL was not distributed with this file, You can obtain one at https://mozilla.org/MPL/2.0/."
	if got := recognise([]byte(mozilla)); slices.ContainsFunc(got, func(id string) bool { return slices.Contains(permitted, id) }) || len(got) == 0 {
		t.Errorf("the licence of Mozilla is %v", got)
	}
}
