package node

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path"
	"sync"
	"syscall"

	"tcp-operator.io/lab/internal/config"
	"tcp-operator.io/lab/internal/status"
)

// supervisor starts programs and reaps every process of the lab: it is
// process 1 of the PID namespace, so the orphans of all others are its own.
type supervisor struct {
	mu         sync.Mutex
	waiting    map[int]func(syscall.WaitStatus) // By process id.
	components []status.Component
	// died is called, once for each component that ends.
	died func(c config.Component, how string)
}

// environment of everything in the lab. Temporary files go where they are
// removed with the lab.
var environment = []string{
	"PATH=" + config.Bin + ":/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
	"HOME=/var/tmp",
	"TMPDIR=/var/tmp",
	"KUBECONFIG=" + config.Kubeconfig("admin"),
}

// start starts a component and keeps watching it.
func (s *supervisor) start(c config.Component) error {
	log, err := os.OpenFile(c.LogFile(), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return fmt.Errorf("open a log: %w", err)
	}
	defer log.Close()
	cmd := exec.Command(path.Join(config.Bin, c.Name), c.Args...)
	cmd.Stdout, cmd.Stderr = log, log
	err = s.spawn(cmd, func(how syscall.WaitStatus) { s.ended(c, describe(how)) })
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.components = append(s.components, status.Component{Name: c.Name})
	return nil
}

// run runs a program to its end.
func (s *supervisor) run(ctx context.Context, cmd *exec.Cmd) error {
	done := make(chan syscall.WaitStatus, 1)
	if err := s.spawn(cmd, func(how syscall.WaitStatus) { done <- how }); err != nil {
		return err
	}
	select {
	case how := <-done:
		if how != 0 {
			return fmt.Errorf("%s: %s", path.Base(cmd.Path), describe(how))
		}
		return nil
	case <-ctx.Done():
		_ = cmd.Process.Kill()
		<-done
		return context.Cause(ctx)
	}
}

// spawn holds the lock across the start, so that the reaper cannot look a
// process up before it is entered.
func (s *supervisor) spawn(cmd *exec.Cmd, ended func(syscall.WaitStatus)) error {
	cmd.Env = environment
	cmd.Dir = "/"
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start %s: %w", path.Base(cmd.Path), err)
	}
	if s.waiting == nil {
		s.waiting = map[int]func(syscall.WaitStatus){}
	}
	s.waiting[cmd.Process.Pid] = ended
	return nil
}

// reap collects processes as they end, for as long as the lab lives.
func (s *supervisor) reap() {
	children := make(chan os.Signal, 1)
	signal.Notify(children, syscall.SIGCHLD)
	for range children {
		// One signal may stand for several processes.
		for {
			var how syscall.WaitStatus
			pid, err := syscall.Wait4(-1, &how, syscall.WNOHANG, nil)
			if err == syscall.EINTR {
				continue
			}
			if pid <= 0 || err != nil {
				break
			}
			if ended := s.take(pid); ended != nil {
				ended(how)
			}
		}
	}
}

func (s *supervisor) take(pid int) func(syscall.WaitStatus) {
	s.mu.Lock()
	defer s.mu.Unlock()
	ended := s.waiting[pid]
	delete(s.waiting, pid)
	return ended
}

// ended notes what became of a component.
func (s *supervisor) ended(c config.Component, how string) {
	s.mu.Lock()
	for i := range s.components {
		if s.components[i].Name == c.Name {
			s.components[i].Exit = how
		}
	}
	s.mu.Unlock()
	s.died(c, how)
}

// list returns a copy of what was started.
func (s *supervisor) list() []status.Component {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]status.Component(nil), s.components...)
}

func describe(how syscall.WaitStatus) string {
	if how.Signaled() {
		return "signal: " + how.Signal().String()
	}
	return fmt.Sprintf("exit code %d", how.ExitStatus())
}
