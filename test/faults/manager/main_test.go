package manager

import (
	"flag"
	"os"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/klog/v2"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"tcp-operator.io/test/apiserver"
)

var (
	full = flag.Bool("full", false, "run every fault plan there is, not a sample")
	each = flag.Int("each", 0, "with -full, how many plans of a kind to run of each workload; 0: all")
	seed = flag.Uint64("seed", uint64(time.Now().UnixNano()), "which sample of the plans to run")
)

// atOnce is how many trials run at the same time: they mostly wait.
const atOnce = "8"

var server apiserver.Server

func TestMain(m *testing.M) {
	if err := flag.Set("test.parallel", atOnce); err != nil { // unless the command line says another number
		panic(err)
	}
	flag.Parse()
	log.SetLogger(logr.Discard())
	klog.SetLogger(logr.Discard())
	code := apiserver.Run(m, func(s apiserver.Server) { server = s })
	os.Exit(results.report(code))
}
