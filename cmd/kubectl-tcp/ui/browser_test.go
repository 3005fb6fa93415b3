//go:build linux

package ui

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// fakeOpener is an xdg-open that notes what it was asked for, and its group.
func fakeOpener(t *testing.T, exitCode int) (noted string) {
	t.Helper()
	folder := t.TempDir()
	noted = filepath.Join(folder, "noted")
	script := "#!/bin/sh\nread -r _ _ _ _ group _ </proc/self/stat\n" +
		"printf '%s\\n%s\\n%s\\n' \"$*\" \"$group\" \"$(stat -c %a \"$1\" \"${1%/*}\" | tr '\\n' ' ')\" >" + noted + "\ncat \"$1\" >>" + noted +
		"\nexit " + strconv.Itoa(exitCode) + "\n"
	if err := os.WriteFile(filepath.Join(folder, "xdg-open"), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", folder+":"+os.Getenv("PATH"))
	t.Setenv("TMPDIR", t.TempDir())
	return noted
}

func TestTheSecretIsInNoCommandLine(t *testing.T) {
	noted := fakeOpener(t, 0)
	browser, err := Open("http://127.0.0.1:4000/SECRET/ui/?a=1&b=2")
	if err != nil {
		t.Fatal(err)
	}
	if err := <-browser.Opened; err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(noted)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitN(string(text), "\n", 4)
	if strings.Contains(lines[0], "SECRET") || !strings.HasSuffix(lines[0], "/open.html") {
		t.Errorf("command line %q", lines[0])
	}
	if own := strconv.Itoa(syscall.Getpgrp()); lines[1] == own {
		t.Errorf("the opener is in this program's group %s: Ctrl-C would end the browser", own)
	}
	if strings.TrimSpace(lines[2]) != "600 700" {
		t.Errorf("modes %s of file and folder", lines[2])
	}
	if !strings.Contains(lines[3], `url=http://127.0.0.1:4000/SECRET/ui/?a=1&amp;b=2"`) {
		t.Errorf("the file leads elsewhere:\n%s", lines[3])
	}
	if err := browser.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(lines[0]); !os.IsNotExist(err) {
		t.Errorf("the file is still there: %v", err)
	}
}

func TestThatNoBrowserOpensIsTold(t *testing.T) {
	fakeOpener(t, 3)
	browser, err := Open("http://127.0.0.1:4000/")
	if err != nil {
		t.Fatal(err)
	}
	defer browser.Close()
	if err := <-browser.Opened; err == nil || !strings.Contains(err.Error(), "exit status 3") {
		t.Errorf("%v", err)
	}
	t.Setenv("PATH", t.TempDir())
	if _, err := Open("http://127.0.0.1:4000/"); err == nil {
		t.Error("an opener was found where there is none")
	}
	if left, _ := filepath.Glob(filepath.Join(os.TempDir(), "kubectl-tcp-*")); len(left) != 1 {
		t.Errorf("files left behind: %v", left)
	}
}
