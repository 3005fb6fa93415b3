// Package node is the inside of a lab: process 1 of its namespaces. It sets
// up mounts and network, starts the components in order, watches them, and
// tells the outside how things are. When it dies the kernel ends every other
// process of the lab, and with them the mounts and interfaces.
package node

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"tcp-operator.io/lab/internal/config"
	"tcp-operator.io/lab/internal/status"
)

// File descriptors that the parent hands over.
const (
	gateFD     = 3 // A pipe. One byte from it means go.
	listenerFD = 4 // The host's side of the way to the API server.
)

// Start is what the parent says to the process it starts.
type Start struct {
	Config config.Node
	State  string // The state directory, as the host sees it.
	Bin    string // The programs, likewise.
}

type node struct {
	config     config.Node
	cluster    *cluster
	supervisor supervisor

	mu     sync.Mutex
	report status.Report
}

// Run is the whole life of the process. It returns only if it could not
// begin; the error is for the log.
func Run(start Start) error {
	if os.Getpid() != 1 {
		return fmt.Errorf("this is started by `lab up`, in namespaces of its own")
	}
	if err := waitForGo(); err != nil {
		return err
	}
	if err := syscall.Sethostname([]byte(start.Config.Name)); err != nil {
		return fmt.Errorf("set the host name: %w", err)
	}
	if err := arrange(start.State, start.Bin); err != nil {
		return err
	}
	asking, err := newCluster(start.Config.Name)
	if err != nil {
		return err
	}
	n := &node{config: start.Config, cluster: asking}
	answering, err := net.Listen("unix", filepath.Join(config.Base, status.Socket))
	if err != nil {
		return fmt.Errorf("listen for the outside: %w", err)
	}
	host, err := net.FileListener(os.NewFile(listenerFD, "host"))
	if err != nil {
		return fmt.Errorf("take over the host's listener: %w", err)
	}
	ctx, fail := context.WithCancelCause(context.Background())
	n.supervisor.died = func(c config.Component, how string) {
		n.fail(status.Failure{Message: c.Name + " ended: " + how, Log: "log/" + c.Name + ".log"})
		fail(fmt.Errorf("%s ended", c.Name))
	}
	var tasks sync.WaitGroup
	tasks.Go(n.supervisor.reap)
	tasks.Go(func() { forward(host) })
	tasks.Go(func() { n.boot(ctx) })
	return http.Serve(answering, n)
}

// waitForGo waits until the parent has noted this process. If the parent
// dies before that, nobody would know to stop this one: so it ends.
func waitForGo() error {
	gate := os.NewFile(gateFD, "gate")
	defer gate.Close()
	if n, err := gate.Read(make([]byte, 1)); n != 1 {
		return fmt.Errorf("the parent ended before it said go: %v", err)
	}
	return nil
}

// boot starts the cluster. After a failure it leaves everything as it is,
// to be looked at.
func (n *node) boot(ctx context.Context) {
	for i, s := range n.steps() {
		n.update(func(r *status.Report) { r.Steps = append(r.Steps, status.Step{Name: s.name}) })
		began := time.Now()
		if err := s.do(ctx); err != nil {
			log.Printf("%s: %v", s.name, err)
			n.fail(status.Failure{Message: fmt.Sprintf("%s: %v", s.name, err), Log: "log/node.log"})
			return
		}
		n.update(func(r *status.Report) { r.Steps[i].Took = time.Since(began) })
	}
	n.update(func(r *status.Report) { r.Ready = true })
}

// fail notes the first failure; later ones follow from it.
func (n *node) fail(f status.Failure) {
	n.update(func(r *status.Report) {
		if r.Failure == nil {
			r.Failure = &f
		}
	})
}

func (n *node) update(change func(*status.Report)) {
	n.mu.Lock()
	defer n.mu.Unlock()
	change(&n.report)
}

// ServeHTTP answers with the report, and with fresh checks at /check.
func (n *node) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	n.mu.Lock()
	report := n.report
	report.Steps = append([]status.Step(nil), report.Steps...)
	n.mu.Unlock()
	report.Components = n.supervisor.list()
	if r.URL.Path == "/check" {
		report.Checks = n.check(r.Context())
	}
	_ = json.NewEncoder(w).Encode(report)
}

// check puts the questions that matter once the cluster runs.
func (n *node) check(ctx context.Context) []status.Check {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	var checks []status.Check
	for _, q := range []struct {
		name string
		ask  func(context.Context) error
	}{
		{"API server", n.cluster.apiServes},
		{"node ready", n.cluster.nodeReady},
		{"cluster DNS", n.cluster.dnsAnswers},
	} {
		check := status.Check{Name: q.name}
		if err := q.ask(ctx); err != nil {
			check.Error = err.Error()
		}
		checks = append(checks, check)
	}
	return checks
}
