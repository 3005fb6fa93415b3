package faults

import (
	"flag"
	"fmt"
	"os"
	"testing"

	"github.com/go-logr/logr"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"tcp-operator.io/test/apiserver"
)

var full = flag.Bool("full", false, "run every fault plan there is, not a sample")

var server apiserver.Server

func TestMain(m *testing.M) {
	if err := flag.Set("rapid.checks", "15"); err != nil { // unless the command line says another number
		panic(err)
	}
	flag.Parse()
	log.SetLogger(logr.Discard())
	code := apiserver.Run(m, func(s apiserver.Server) { server = s })
	if results != nil {
		fmt.Printf("seed %d\n%s", *seed, results)
	}
	os.Exit(code)
}
