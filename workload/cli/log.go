package cli

import (
	"fmt"
	"io"
	"log/slog"
	"os"

	"tcp-operator.io/workload/spec"
)

type logFormat string

type logLevel string

// validate reports what is wrong with the options.
func (o *options) validate() error {
	switch o.logFormat {
	case "auto", "text", "json":
	default:
		return &spec.FieldError{Field: "--log-format", Problem: fmt.Sprintf("%q is not known: write auto, text or json", string(o.logFormat))}
	}
	if _, ok := logLevels[o.logLevel]; !ok {
		return &spec.FieldError{Field: "--log-level", Problem: fmt.Sprintf("%q is not known: write debug, info, warn or error", string(o.logLevel))}
	}
	return nil
}

var logLevels = map[logLevel]slog.Level{
	"debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError,
}

// newLog returns the process's log: text for people at a terminal, JSON for
// machines.
func newLog(o *options, w io.Writer) *slog.Logger {
	handling := &slog.HandlerOptions{Level: logLevels[o.logLevel]}
	if o.logFormat == "text" || o.logFormat == "auto" && isTerminal(w) {
		return slog.New(slog.NewTextHandler(w, handling))
	}
	return slog.New(slog.NewJSONHandler(w, handling))
}

func isTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
