package plane

import (
	"fmt"
	"os"
	"time"

	"github.com/prometheus/procfs"
)

// CPUDuring is the time that API server and etcd compute while use runs.
func (p *Plane) CPUDuring(use func() error) (time.Duration, error) {
	before, err := cpu()
	if err != nil {
		return 0, err
	}
	if err := use(); err != nil {
		return 0, err
	}
	after, err := cpu()
	return after - before, err
}

// cpu is the time that the API server and etcd which this process has started
// have computed so far.
func cpu() (time.Duration, error) {
	processes, err := procfs.AllProcs()
	if err != nil {
		return 0, fmt.Errorf("reading CPU times: %w", err)
	}
	var total time.Duration
	for _, process := range processes {
		stat, err := process.Stat()
		if err != nil || stat.PPID != os.Getpid() {
			continue // somebody else's, or gone meanwhile
		}
		if stat.Comm == "kube-apiserver" || stat.Comm == "etcd" {
			total += time.Duration(stat.CPUTime() * float64(time.Second))
		}
	}
	return total, nil
}
