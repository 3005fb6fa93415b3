// Package fault names the classes of error that a reconcile can end with. A
// plain error is the third class: it is repeated with back-off.
package fault

import "time"

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
