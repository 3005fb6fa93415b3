package host

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
	"tcp-operator.io/lab/internal/bundle"
	"tcp-operator.io/lab/internal/node"
	"tcp-operator.io/lab/internal/status"
)

// Inside is the hidden command that a lab's process 1 is started by.
const Inside = "inside"

// Up starts the lab unless it runs, and waits until it can be used. The
// bundle is built already. Progress is called with what goes on.
func (l Lab) Up(ctx context.Context, b *bundle.Bundle, progress func(string)) error {
	if err := l.Check(); err != nil {
		return err
	}
	began, err := l.begin(ctx, b, progress)
	if err != nil {
		return fmt.Errorf("start lab %s: %w", l.Name, err)
	}
	err = l.follow(ctx, began, progress)
	if ctx.Err() != nil && began {
		// Half a lab is of no use to whoever gave up waiting for it.
		progress("interrupted, taking the lab down")
		return errors.Join(context.Cause(ctx), l.Down())
	}
	return err
}

// begin starts the inside unless a sound one runs, and tells whether it did.
func (l Lab) begin(ctx context.Context, b *bundle.Bundle, progress func(string)) (bool, error) {
	unlock, err := lock()
	if err != nil {
		return false, err
	}
	defer unlock()
	running, err := l.Running()
	if err == nil {
		report, err := l.Report(ctx, false)
		if err == nil && report.Failure == nil {
			progress("lab " + l.Name + " has been started already")
			if running.Bundle != b.Dir {
				progress("it runs programs of another version: `lab down` first to renew them")
			}
			return false, nil
		}
		progress("lab " + l.Name + " has failed before, clearing it away")
	} else if !errors.Is(err, ErrDown) {
		return false, err
	}
	progress("starting lab " + l.Name + ", this takes about 10 seconds")
	if err := l.sweep(); err != nil {
		return false, fmt.Errorf("clear what was left of an earlier one: %w", err)
	}
	if err := l.spawn(b); err != nil {
		return false, errors.Join(err, l.sweep())
	}
	return true, nil
}

// spawn prepares the state directory and starts the inside.
func (l Lab) spawn(b *bundle.Bundle) error {
	if err := os.MkdirAll(l.Dir(), 0o711); err != nil {
		return fmt.Errorf("create the state directory: %w", err)
	}
	// Opened out here, where it belongs to the machine's network, and
	// served inside. The kernel picks a free port.
	listener, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return fmt.Errorf("listen for clients on this machine: %w", err)
	}
	defer listener.Close()
	address := listener.Addr().String()
	config, err := l.prepare(b, address)
	if err != nil {
		return err
	}
	if err := createCgroups(l.cgroup()); err != nil {
		return err
	}
	served, err := listener.File()
	if err != nil {
		return fmt.Errorf("pass on the listener: %w", err)
	}
	defer served.Close()
	record := Record{Address: address, Bundle: b.Dir}
	return l.launch(node.Start{Config: config, State: l.Dir(), Bin: b.Bin()}, served, record)
}

// launch starts the inside in new namespaces, notes its identity, and only
// then lets it go on: one that nobody noted could never be stopped.
func (l Lab) launch(start node.Start, listener *os.File, record Record) error {
	arg, err := json.Marshal(start)
	if err != nil {
		return err
	}
	log, err := os.OpenFile(filepath.Join(l.Dir(), "log", "node.log"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return fmt.Errorf("open a log: %w", err)
	}
	defer log.Close()
	gate, gatekeeper, err := os.Pipe()
	if err != nil {
		return fmt.Errorf("open a pipe: %w", err)
	}
	defer gatekeeper.Close()
	defer gate.Close()
	cmd := exec.Command("/proc/self/exe", Inside, string(arg))
	cmd.Args[0] = "lab"
	cmd.Dir = "/"
	cmd.Env = []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
	cmd.Stdout, cmd.Stderr = log, log
	cmd.ExtraFiles = []*os.File{gate, listener}
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags: unix.CLONE_NEWNS | unix.CLONE_NEWPID | unix.CLONE_NEWNET | unix.CLONE_NEWUTS | unix.CLONE_NEWIPC,
		Setsid:     true, // The terminal's signals are not for it.
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start the inside: %w", err)
	}
	record.Process, err = Identify(cmd.Process.Pid)
	if err == nil {
		err = l.note(record)
	}
	if err != nil {
		return err // The gate closes without a word, and the inside ends.
	}
	_, err = gatekeeper.Write([]byte{1})
	return err
}

// follow tells how starting goes on, until it is done or has failed. What
// was done before is told only from the beginning.
func (l Lab) follow(ctx context.Context, beginning bool, progress func(string)) error {
	ticker := time.NewTicker(100 * time.Millisecond)
	defer ticker.Stop()
	told := 0
	for first := true; ; first = false {
		// In this order: an inside that ends between the two has reported.
		_, alive := l.Running()
		report, err := l.Report(ctx, false)
		for ; told < len(report.Steps) && report.Steps[told].Took > 0; told++ {
			if beginning || !first {
				progress(report.Steps[told].Name)
			}
		}
		switch {
		case err == nil && report.Failure != nil:
			return l.explain(*report.Failure)
		case err == nil && report.Ready:
			return nil
		case errors.Is(alive, ErrDown) && !l.exists():
			return fmt.Errorf("lab %s was taken down while it was starting", l.Name)
		case errors.Is(alive, ErrDown):
			return l.explain(status.Failure{Message: "it ended while it was starting", Log: "log/node.log"})
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-ticker.C:
		}
	}
}
