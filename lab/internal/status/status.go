// Package status is what the inside of a lab tells its outside.
package status

import (
	"slices"
	"time"
)

// Socket is the name of the socket, below the state directory, on which
// the inside answers with a Report.
const Socket = "status.sock"

// Report is the whole of it.
type Report struct {
	// Steps of starting, in order, those that have begun.
	Steps []Step
	// Ready is set when all steps are done. It stays.
	Ready bool
	// Failure is the first thing that went wrong. Nil means nothing did.
	Failure *Failure
	// Components that have been started, in order.
	Components []Component
	// Checks of the running cluster. Only in answers that were asked for them.
	Checks []Check
}

// Step of starting.
type Step struct {
	Name string
	Took time.Duration // Zero means it is not done.
}

// Failure says what went wrong and where to read more.
type Failure struct {
	Message string
	Log     string // Relative to the state directory. Empty means none.
}

// Component is one program.
type Component struct {
	Name string
	Exit string // How it ended. Empty means it runs.
}

// Check is one question put to the running cluster.
type Check struct {
	Name  string
	Error string // Empty means it is well.
}

// Healthy tells whether the cluster can be worked with now.
func (r Report) Healthy() bool {
	return r.Ready && r.Failure == nil &&
		!slices.ContainsFunc(r.Components, func(c Component) bool { return c.Exit != "" }) &&
		!slices.ContainsFunc(r.Checks, func(c Check) bool { return c.Error != "" })
}
