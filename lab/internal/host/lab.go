// Package host is the outside of a lab: it prepares the inside, starts it,
// looks at it and takes it down.
package host

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"time"

	"golang.org/x/sys/unix"
)

// Root is the folder of all labs' state directories.
const Root = "/var/lib/tcp-operator-lab"

// Lab is one cluster. Labs of different names have nothing in common but
// the compiled programs.
type Lab struct{ Name string }

// The name becomes a host name and part of paths of sockets, which may
// have no more than 107 characters.
var validName = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,28}[a-z0-9])?$`)

// Check refuses names that would not work everywhere.
func (l Lab) Check() error {
	if !validName.MatchString(l.Name) {
		return fmt.Errorf("the name %q is not one to thirty of a-z, 0-9 and inner dashes", l.Name)
	}
	return nil
}

// Dir is the lab's state directory.
func (l Lab) Dir() string { return filepath.Join(Root, l.Name) }

// Kubeconfig is the file for clients on this machine.
func (l Lab) Kubeconfig() string { return filepath.Join(l.Dir(), "kubeconfig") }

func (l Lab) cgroup() string { return cgroupParent + "/" + l.Name }

// Record is what is noted about a lab that was started.
type Record struct {
	Process Process // Of the inside.
	Address string  // Where the API server is reached from this machine.
	Bundle  string  // The folder of the compiled programs.
}

// NetNS is the path of the lab's network namespace.
func (r Record) NetNS() string { return fmt.Sprintf("/proc/%d/ns/net", r.Process.ID) }

// ErrDown means that the lab does not run.
var ErrDown = errors.New("the lab is down: start it with `lab up`")

// Running returns the record of a lab whose inside is alive, else ErrDown.
func (l Lab) Running() (Record, error) {
	r, err := l.record()
	if errors.Is(err, fs.ErrNotExist) || (err == nil && !r.Process.Alive()) {
		return Record{}, ErrDown
	}
	return r, err
}

func (l Lab) record() (Record, error) {
	var r Record
	text, err := os.ReadFile(filepath.Join(l.Dir(), "record.json"))
	if err != nil {
		return r, fmt.Errorf("read the lab's record: %w", err)
	}
	if err := json.Unmarshal(text, &r); err != nil {
		return r, fmt.Errorf("read the lab's record: %w", err)
	}
	return r, nil
}

// note writes the record whole or not at all.
func (l Lab) note(r Record) error {
	text, err := json.Marshal(r)
	if err != nil {
		return err
	}
	path := filepath.Join(l.Dir(), "record.json")
	if err := os.WriteFile(path+".new", text, 0o600); err != nil {
		return fmt.Errorf("write the lab's record: %w", err)
	}
	return os.Rename(path+".new", path)
}

func (l Lab) exists() bool {
	_, err := os.Stat(l.Dir())
	return !errors.Is(err, fs.ErrNotExist)
}

// lock keeps other commands from starting or stopping labs meanwhile. The
// kernel drops it with the process that holds it.
func lock() (unlock func(), err error) {
	for {
		if err := os.MkdirAll(Root, 0o711); err != nil {
			return nil, fmt.Errorf("create the state folder: %w", err)
		}
		dir, err := os.Open(Root)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("open the state folder: %w", err)
		}
		for err = unix.EINTR; errors.Is(err, unix.EINTR); {
			err = unix.Flock(int(dir.Fd()), unix.LOCK_EX)
		}
		if err != nil {
			return nil, errors.Join(fmt.Errorf("lock the state folder: %w", err), dir.Close())
		}
		// The last lab to go takes the folder along: the lock is worth
		// something only on the one that is there.
		if inPlace(dir) {
			return func() { _ = dir.Close() }, nil
		}
		_ = dir.Close()
	}
}

func inPlace(dir *os.File) bool {
	locked, err := dir.Stat()
	there, err2 := os.Stat(Root)
	return err == nil && err2 == nil && os.SameFile(locked, there)
}

// Down stops the lab and removes all that is left of it, also of one that
// did not start or end properly.
func (l Lab) Down() error {
	if !l.exists() {
		// Its cgroups are created after the state directory, and removed
		// before it.
		return nil
	}
	unlock, err := lock()
	if err != nil {
		return err
	}
	defer unlock()
	return errors.Join(l.sweep(), removeIfEmpty(Root))
}

// sweep stops and removes. The caller holds the lock.
//
// Killing process 1 of the lab's PID namespace makes the kernel kill every
// other process in it, containers included; with the last of them go their
// mounts and network interfaces. Only cgroups and files outlive that.
func (l Lab) sweep() error {
	const patience = 30 * time.Second
	r, err := l.record()
	if err == nil {
		err = r.Process.Kill(patience)
	} else if errors.Is(err, fs.ErrNotExist) {
		err = nil // Interrupted before it was started.
	}
	if err != nil {
		return err
	}
	if err := removeCgroups(l.cgroup(), patience); err != nil {
		return err
	}
	if err := os.RemoveAll(l.Dir()); err != nil {
		return fmt.Errorf("remove the state directory: %w", err)
	}
	return nil
}

func removeIfEmpty(dir string) error {
	err := os.Remove(dir)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ENOTEMPTY) {
		return nil
	}
	return err
}
