// Package fault names the classes of error that a reconcile can end with. A
// plain error is the third class: it is repeated with back-off.
package fault

import (
	"errors"
	"time"
)

// Invalid is an error that only the user can mend: it ends in Stalled.
type Invalid struct {
	Reason string // a condition reason of the API
	Err    error
	// Recheck is when to look again, for what can be mended without touching
	// the resource itself; zero waits for a change of the resource.
	Recheck time.Duration
}

func (e *Invalid) Error() string { return e.Err.Error() }
func (e *Invalid) Unwrap() error { return e.Err }

// Waiting is not a failure: something that is needed is not there yet.
type Waiting struct {
	Reason string // a condition reason of the API
	Err    error
	// Recheck is when to look again; zero relies on a watch alone.
	Recheck time.Duration
}

func (e *Waiting) Error() string { return e.Err.Error() }
func (e *Waiting) Unwrap() error { return e.Err }

// Worst is the error of several that decides what happens next: a plain one,
// because it has to be repeated; else an Invalid; else a Waiting; nil when all
// are. Joining them would hide a plain one behind the others.
func Worst(errs ...error) error {
	var worst error
	for _, err := range errs {
		if rank(err) > rank(worst) {
			worst = err
		}
	}
	return worst
}

// IsPlain tells whether err is an error, and belongs to none of the named
// classes.
func IsPlain(err error) bool { return rank(err) == plain }

// The ranks of the classes.
const (
	none = iota
	waiting
	invalid
	plain
)

func rank(err error) int {
	if err == nil {
		return none
	}
	if _, ok := errors.AsType[*Waiting](err); ok {
		return waiting
	}
	if _, ok := errors.AsType[*Invalid](err); ok {
		return invalid
	}
	return plain
}
