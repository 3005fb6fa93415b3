// Package desired says which children a resource should have. Its functions
// are pure: the same resource and defaults give the same children, and no
// client, context or clock can be reached from here (a test holds that).
//
// Every call returns fresh values, because applying an apply configuration
// overwrites it with the server's answer.
package desired
