// Package soak runs the programs as they are shipped under churn for a long
// time, and holds that nothing in them grows: memory, goroutines, descriptors.
package soak

import (
	"flag"
	"os"
	"testing"

	"tcp-operator.io/test/apiserver"
)

var minutes = flag.Int("minutes", 0, "how long to churn; 0: not at all")

var cluster apiserver.Server

func TestMain(m *testing.M) {
	flag.Parse()
	if *minutes == 0 {
		os.Exit(m.Run())
	}
	os.Exit(apiserver.Run(m, func(s apiserver.Server) { cluster = s }))
}
