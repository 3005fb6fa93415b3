// Package operator runs the operator's own program as a process of its own,
// and reads what it says and costs.
package operator

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/prometheus/procfs"
)

// Build compiles the operator from the source tree at root into folder and
// returns the program's path.
func Build(ctx context.Context, root, folder string) (string, error) {
	program := filepath.Join(folder, "manager")
	command := exec.CommandContext(ctx, "go", "build", "-C", root, "-trimpath", "-ldflags=-s -w", "-o", program, ".")
	command.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := command.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building the operator: %w\n%s", err, out)
	}
	return program, nil
}

// Process is a running operator.
type Process struct {
	Started time.Time

	command *exec.Cmd
	log     *os.File
	metrics string // address
	exited  chan struct{}
	ended   error // how it ended; for those who have seen exited closed
}

// memoryLimit is what config/manager lets Kubernetes fill in.
const memoryLimit = "MEMORY_LIMIT=134217728"

// Start starts the operator as the shipped manifest does, save that no leader
// is elected and that metrics are served in the clear.
func Start(ctx context.Context, program, kubeconfig, folder string) (*Process, error) {
	addresses, err := freeAddresses(2)
	if err != nil {
		return nil, err
	}
	log, err := os.OpenFile(filepath.Join(folder, "manager.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	p := &Process{log: log, metrics: addresses[0], exited: make(chan struct{})}
	p.command = exec.CommandContext(ctx, program, "--workload-image=workload:bench",
		"--metrics-secure=false", "--metrics-bind-address="+addresses[0], "--health-probe-bind-address="+addresses[1])
	p.command.Env = append(os.Environ(), "KUBECONFIG="+kubeconfig, memoryLimit)
	p.command.Stdout, p.command.Stderr = log, log
	p.Started = time.Now()
	if err := p.command.Start(); err != nil {
		return nil, errors.Join(fmt.Errorf("starting the operator: %w", err), log.Close())
	}
	go p.wait()
	if err := p.waitReady(ctx, "http://"+addresses[1]+"/readyz"); err != nil {
		return nil, errors.Join(fmt.Errorf("%w: see %s", err, log.Name()), p.kill())
	}
	return p, nil
}

func (p *Process) wait() {
	p.ended = p.command.Wait()
	close(p.exited)
}

// kill ends an operator that is of no use.
func (p *Process) kill() error {
	err := p.command.Process.Kill()
	if errors.Is(err, os.ErrProcessDone) {
		err = nil
	}
	<-p.exited
	return errors.Join(err, p.log.Close())
}

// stopTimeout is what Kubernetes gives a pod.
const stopTimeout = 30 * time.Second

// Stop ends the operator as a kubelet does.
func (p *Process) Stop() error {
	// That it has ended by itself already is told below.
	if err := p.command.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return errors.Join(fmt.Errorf("stopping the operator: %w", err), p.kill())
	}
	select {
	case <-p.exited:
	case <-time.After(stopTimeout):
		return errors.Join(fmt.Errorf("the operator has not stopped in %s: see %s", stopTimeout, p.log.Name()), p.kill())
	}
	if p.ended != nil {
		return errors.Join(fmt.Errorf("the operator ended badly: %w: see %s", p.ended, p.log.Name()), p.log.Close())
	}
	return p.log.Close()
}

// Memory is resident memory in bytes.
type Memory struct{ Now, Highest uint64 }

// Memory is that of the operator's process.
func (p *Process) Memory() (Memory, error) {
	process, err := procfs.NewProc(p.command.Process.Pid)
	if err != nil {
		return Memory{}, err
	}
	status, err := process.NewStatus()
	return Memory{Now: status.VmRSS, Highest: status.VmHWM}, err
}

// CPU is the time that the operator has computed so far.
func (p *Process) CPU() (time.Duration, error) {
	process, err := procfs.NewProc(p.command.Process.Pid)
	if err != nil {
		return 0, err
	}
	stat, err := process.Stat()
	return time.Duration(stat.CPUTime() * float64(time.Second)), err
}

// readyTimeout bounds the start: on a busy machine filling caches takes long.
const readyTimeout = 2 * time.Minute

func (p *Process) waitReady(ctx context.Context, url string) error {
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		if ready(ctx, url) {
			return nil
		}
		select {
		case <-tick.C:
		case <-p.exited:
			return fmt.Errorf("the operator ended before it was ready: %w", endOf(p.ended))
		case <-ctx.Done():
			return fmt.Errorf("the operator is not ready: %w", ctx.Err())
		}
	}
}

// endOf is never nil: also to end well is an error, before its time.
func endOf(err error) error {
	if err == nil {
		return errors.New("exit status 0")
	}
	return err
}

func ready(ctx context.Context, url string) bool {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return false
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return false
	}
	defer response.Body.Close()
	return response.StatusCode == http.StatusOK
}

// freeAddresses are addresses of the loopback interface that nobody listens
// on.
func freeAddresses(n int) ([]string, error) {
	var all []string
	for range n {
		listener, err := net.Listen("tcp4", net.JoinHostPort("127.0.0.1", strconv.Itoa(0)))
		if err != nil {
			return nil, err
		}
		defer listener.Close()
		all = append(all, listener.Addr().String())
	}
	return all, nil
}
