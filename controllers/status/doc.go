// Package status says what the status of a resource should be, given what was
// seen. Its functions are pure: no client, context or clock can be reached
// from here (a test holds that), and the moment is an argument.
package status
