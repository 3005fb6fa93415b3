package operator

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// script is a program that stands for the operator.
func script(t *testing.T, lines ...string) (program, folder string) {
	t.Helper()
	folder = t.TempDir()
	program = filepath.Join(folder, "manager")
	text := "#!/bin/sh\n" + strings.Join(lines, "\n") + "\n"
	if err := os.WriteFile(program, []byte(text), 0o700); err != nil {
		t.Fatal(err)
	}
	return program, folder
}

// What never becomes ready would hold the ports that the next one asks for.
func TestAStartThatFailsLeavesNobodyBehind(t *testing.T) {
	program, folder := script(t, `echo $$ >"${0%/*}/pid"`, "exec sleep 1000")
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	if _, err := Start(ctx, program, "", folder); err == nil || !strings.Contains(err.Error(), "is not ready") {
		t.Fatalf("got %v, want that it is not ready", err)
	}
	text, err := os.ReadFile(filepath.Join(folder, "pid"))
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, 0); err != syscall.ESRCH {
		t.Errorf("process %d is there: %v", pid, err)
	}
}

// One that ends at once is not waited for.
func TestAnOperatorThatEndsIsToldAtOnce(t *testing.T) {
	program, folder := script(t, "exit 3")
	_, err := Start(t.Context(), program, "", folder)
	if err == nil || !strings.Contains(err.Error(), "exit status 3") || !strings.Contains(err.Error(), "manager.log") {
		t.Errorf("got %v, want the exit status and where the log is", err)
	}
}

func TestWhatCannotBeStarted(t *testing.T) {
	folder := t.TempDir()
	if _, err := Start(t.Context(), filepath.Join(folder, "none"), "", folder); err == nil {
		t.Error("a program that is not there was started")
	}
}
