// Package manager runs the whole operator, as main does, against a real API
// server while watches, answers and API servers fail.
package manager
