package cli

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"

	"tcp-operator.io/workload/spec"
)

// settings is a *spec.Server or a *spec.Client.
type settings interface{ Validate() error }

// A loader reads one role's settings from all their sources.
type loader struct {
	env     Env
	program string // as error lines and the usage name it
	define  func(*flags)
	into    settings // holds the defaults at first

	given  map[string]bool // flags on the command line
	source string          // where the JSON came from; empty: there was none
	json   []byte
}

// load lays flags over JSON over the defaults into l.into. Its error is one
// line; flag.ErrHelp means that the usage was asked for and printed.
func (l *loader) load(args []string, o *options) error {
	// Twice, as the JSON's source is a flag itself: what the first pass sets
	// is set again by the second, over the JSON.
	if err := l.parseFlags(args, o); err != nil {
		return err
	}
	if err := l.readJSON(o.settingsFile); err != nil {
		return err
	}
	if err := l.parseFlags(args, o); err != nil {
		return err
	}
	return l.explain(errors.Join(l.into.Validate(), o.validate()))
}

func (l *loader) parseFlags(args []string, o *options) error {
	f := &flags{FlagSet: flag.NewFlagSet(l.program, flag.ContinueOnError)}
	f.SetOutput(io.Discard)
	l.define(f)
	f.options(o)
	switch err := f.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		l.printUsage(f)
		return err
	case err != nil:
		return wrongSettings(l.program, flagProblem(err)+": see "+l.program+" --help")
	case f.NArg() > 0:
		return wrongSettings(l.program, fmt.Sprintf("%q is not a flag: see %s --help", f.Arg(0), l.program))
	}
	l.given = map[string]bool{}
	f.Visit(func(given *flag.Flag) { l.given[given.Name] = true })
	return l.explain(errors.Join(f.wrong...))
}

// flagProblem puts package flag's own errors in our words.
func flagProblem(err error) string {
	if name, ok := strings.CutPrefix(err.Error(), "flag provided but not defined: -"); ok {
		return "--" + strings.TrimPrefix(name, "-") + ": is not known"
	}
	if name, ok := strings.CutPrefix(err.Error(), "flag needs an argument: -"); ok {
		return "--" + name + ": needs a value"
	}
	return err.Error()
}

func (l *loader) printUsage(f *flags) {
	fmt.Fprintf(l.env.Stdout, "usage: %s [flags]\n\n", l.program)
	f.SetOutput(l.env.Stdout)
	f.PrintDefaults()
}

func (l *loader) readJSON(file string) error {
	if file != "" {
		data, err := os.ReadFile(file)
		if err != nil {
			return wrongSettings(l.program, fmt.Sprintf("--settings: %v: name a file that can be read", err))
		}
		l.source, l.json = file, data
	} else if text := l.env.Getenv(spec.SettingsEnv); text != "" {
		l.source, l.json = spec.SettingsEnv, []byte(text)
	} else {
		return nil
	}
	return l.explain(spec.Decode(l.json, l.into))
}

// explain joins errors into one line that names the source of each field.
func (l *loader) explain(err error) error {
	if err == nil {
		return nil
	}
	var lines []string
	for _, one := range split(err) {
		line := one.Error()
		if field, ok := errors.AsType[*spec.FieldError](one); ok {
			line = l.place(field.Field) + ": " + field.Problem
		} else if l.source != "" {
			line = l.source + ": " + strings.TrimPrefix(line, "settings: ")
		}
		lines = append(lines, strings.ReplaceAll(line, "\n", " "))
	}
	return wrongSettings(l.program, strings.Join(lines, "; "))
}

// split returns the errors that errors.Join has joined, at any depth.
func split(err error) []error {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return []error{err}
	}
	var all []error
	for _, one := range joined.Unwrap() {
		all = append(all, split(one)...)
	}
	return all
}

// place names a field where the user has written it: as a flag, or as a path
// in the JSON. One that nobody has written is named by the flag.
func (l *loader) place(field string) string {
	if strings.HasPrefix(field, "--") {
		return field
	}
	name := flagName(field)
	if !l.given[name] && l.source != "" && holds(l.json, field) {
		return l.source + ": " + field
	}
	return "--" + name
}

// flagName is the flag of a field: reply.exceptionText is reply-exception-text.
func flagName(field string) string {
	if strings.HasPrefix(field, "address.") {
		return "address" // one flag for host and port
	}
	return strings.ToLower(wordStart.ReplaceAllString(strings.ReplaceAll(field, ".", "-"), "$1-$2"))
}

// wordStart is where a word begins within a field's name: in clientCAFile
// before C and before F.
var wordStart = regexp.MustCompile(`([a-z]|[A-Z]+)([A-Z])`)

// holds reports whether a JSON object has something at a dotted path.
func holds(data []byte, path string) bool {
	var at any
	if json.Unmarshal(data, &at) != nil {
		return true // what cannot be read is where the error is
	}
	for name := range strings.SplitSeq(path, ".") {
		object, _ := at.(map[string]any)
		next, ok := object[name]
		if !ok {
			return false
		}
		at = next
	}
	return true
}
