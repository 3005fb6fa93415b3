// Package cli is the command line of the workload: it turns arguments,
// environment and files into settings, and settings into a running process.
package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
)

// Exit codes.
const (
	exitOK       = 0
	exitFailure  = 1
	exitSettings = 2
)

// An Env is all that a process takes from outside.
type Env struct {
	Args           []string // without the program's name
	Getenv         func(string) string
	Stdout, Stderr io.Writer
	Signals        <-chan os.Signal // the first drains, the second ends at once
}

// Main runs the program and returns its exit code.
func Main(env Env) int {
	err := dispatch(env)
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, errSettings):
		fmt.Fprintln(env.Stderr, err)
		return exitSettings
	}
	fmt.Fprintln(env.Stderr, err)
	return exitFailure
}

const usage = `usage: workload server [flags]
       workload client --address HOST:PORT [flags]

A server listens, greets, and answers every message after a delay. A client
holds sessions with a server, and connects again when one is lost.

Settings come from flags, over JSON in the environment variable
TCP_WORKLOAD_SETTINGS (or in a file, with --settings), over the defaults.
See workload server --help and workload client --help.
`

func dispatch(env Env) error {
	if len(env.Args) == 0 {
		return wrongSettings("workload", "say what to run: workload server or workload client")
	}
	name, args := env.Args[0], env.Args[1:]
	switch name {
	case "server":
		return serve(env, args)
	case "client":
		return hold(env, args)
	case "help", "-h", "-help", "--help":
		_, err := io.WriteString(env.Stdout, usage)
		return err
	}
	return wrongSettings("workload", fmt.Sprintf("%q is not known: write workload server or workload client", name))
}

// errSettings marks errors that only the user can mend.
var errSettings = errors.New("wrong settings")

// A settingsError is one line for the user.
type settingsError struct{ line string }

func (e settingsError) Error() string { return e.line }

func (e settingsError) Is(target error) bool { return target == errSettings }

func wrongSettings(program, line string) error {
	return settingsError{program + ": " + line}
}
