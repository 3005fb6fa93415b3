package host

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
	"tcp-operator.io/lab/internal/config"
)

// Run runs a program of the lab, by name, inside all of its namespaces.
func (l Lab) Run(stdin io.Reader, stdout, stderr io.Writer, name string, args ...string) error {
	done := make(chan error)
	// The thread that enters the namespaces is lost to the rest of this
	// process. Ending with its goroutine is what the runtime does for it.
	go func() { done <- l.runInside(stdin, stdout, stderr, name, args) }()
	return <-done
}

func (l Lab) runInside(stdin io.Reader, stdout, stderr io.Writer, name string, args []string) error {
	err := l.join(unix.CLONE_NEWNS | unix.CLONE_NEWPID | unix.CLONE_NEWNET | unix.CLONE_NEWUTS | unix.CLONE_NEWIPC)
	if err != nil {
		return err
	}
	cmd := exec.Command(filepath.Join(config.Bin, name), args...)
	cmd.Env = []string{"PATH=" + config.Bin + ":/usr/sbin:/usr/bin:/sbin:/bin", "TMPDIR=/var/tmp"}
	cmd.Dir = "/"
	cmd.Stdin, cmd.Stdout, cmd.Stderr = stdin, stdout, stderr
	return cmd.Run()
}

// Exec becomes a program of this machine, with its files and its processes,
// but in the lab's network. It returns only if it cannot.
func (l Lab) Exec(args []string) error {
	path, err := exec.LookPath(args[0])
	if err != nil {
		return fmt.Errorf("find the program: %w", err)
	}
	if err := l.join(unix.CLONE_NEWNET); err != nil {
		return err
	}
	return fmt.Errorf("run %s: %w", path, syscall.Exec(path, args, os.Environ()))
}

// join moves the calling thread into namespaces of the lab, for good.
func (l Lab) join(namespaces int) error {
	r, err := l.Running()
	if err != nil {
		return err
	}
	process, err := r.Process.open()
	if err != nil {
		return err
	}
	if process == nil {
		return ErrDown
	}
	defer process.Close()
	runtime.LockOSThread()
	if namespaces&unix.CLONE_NEWNS != 0 {
		// A thread that shares its working directory with others may not
		// change its view of the files.
		if err := unix.Unshare(unix.CLONE_FS); err != nil {
			return fmt.Errorf("detach the thread: %w", err)
		}
	}
	if err := unix.Setns(int(process.Fd()), namespaces); err != nil {
		return fmt.Errorf("enter the namespaces of lab %s: %w", l.Name, err)
	}
	return nil
}
