// Package transitions holds that where a resource ends does not depend on where
// it came from, and that no mistake goes unnoticed or stays once it is undone.
// The API server is real. The test plays what else a cluster has: the
// controllers of Deployments and the pods.
package transitions

import (
	"flag"
	"os"
	"testing"

	"github.com/go-logr/logr"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"tcp-operator.io/test/apiserver"
)

var (
	all    = flag.Bool("all", false, "take every field from every earlier state, instead of a sample")
	update = flag.Bool("update", false, "rewrite the golden files")
)

var server apiserver.Server

func TestMain(m *testing.M) {
	flag.Parse()
	log.SetLogger(logr.Discard())
	os.Exit(apiserver.Run(m, func(s apiserver.Server) { server = s }))
}
