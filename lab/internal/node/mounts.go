package node

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
	"tcp-operator.io/lab/internal/config"
)

// A mount is one call of mount(2) without data.
type mount struct {
	source, target, kind string
	flags                uintptr
}

func (m mount) do() error {
	if err := unix.Mount(m.source, m.target, m.kind, m.flags, ""); err != nil {
		return fmt.Errorf("mount %s on %s: %w", m.source, m.target, err)
	}
	return nil
}

// arrange gives the lab its own view of the machine's files: its own /proc,
// an empty /run, and a /var on the lab's part of the disk, so that every
// path that a component has built in is private to the lab. The mounts end
// with the last process of the mount namespace.
func arrange(state, bin string) error {
	if err := doAll(
		// What the machine unmounts goes away in here too; nothing that is
		// mounted in here shows outside.
		mount{"", "/", "", unix.MS_REC | unix.MS_SLAVE},
		// Among themselves the processes in here share their mounts, as
		// pods that ask for propagation expect.
		mount{"", "/", "", unix.MS_REC | unix.MS_SHARED},
		mount{"proc", "/proc", "proc", unix.MS_NOSUID | unix.MS_NODEV | unix.MS_NOEXEC},
		mount{bin, filepath.Join(state, "bin"), "", unix.MS_BIND},
	); err != nil {
		return err
	}
	// The new /run may hide the way to the state directory, not what is open.
	dir, err := os.Open(state)
	if err != nil {
		return fmt.Errorf("open the state directory: %w", err)
	}
	defer dir.Close()
	if err := (mount{"tmpfs", "/run", "tmpfs", unix.MS_NOSUID | unix.MS_NODEV}).do(); err != nil {
		return err
	}
	for _, path := range []string{config.Base, "/run/lock"} {
		if err := os.MkdirAll(path, 0o755); err != nil {
			return fmt.Errorf("lay out /run: %w", err)
		}
	}
	if err := doAll(
		mount{fmt.Sprintf("/proc/self/fd/%d", dir.Fd()), config.Base, "", unix.MS_BIND | unix.MS_REC},
		mount{config.Var, "/var", "", unix.MS_BIND},
	); err != nil {
		return err
	}
	return errors.Join(replaceResolver(), fixKernelSettings())
}

func doAll(mounts ...mount) error {
	for _, m := range mounts {
		if err := m.do(); err != nil {
			return err
		}
	}
	return nil
}

// replaceResolver hides the host's name servers, which nothing in here can
// reach: asking them would only take time.
func replaceResolver() error {
	const path = "/etc/resolv.conf"
	target, err := filepath.EvalSymlinks(path)
	if errors.Is(err, fs.ErrNotExist) {
		// It leads into the host's /run, or there is none at all.
		link, err := os.Readlink(path)
		if err != nil {
			return nil
		}
		target = filepath.Join("/etc", link)
		if filepath.IsAbs(link) {
			target = link
		}
		if err := errors.Join(os.MkdirAll(filepath.Dir(target), 0o755), os.WriteFile(target, nil, 0o644)); err != nil {
			return fmt.Errorf("replace %s: %w", path, err)
		}
	}
	return mount{config.Etc + "/resolv.conf", target, "", unix.MS_BIND}.do()
}

// fixKernelSettings covers settings of the whole machine with files that
// hold what the kubelet would set them to, see config.KernelSettings.
func fixKernelSettings() error {
	for name, value := range config.KernelSettings() {
		file := filepath.Join(config.Fake, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, []byte(value+"\n"), 0o644)); err != nil {
			return fmt.Errorf("write %s: %w", file, err)
		}
		if err := (mount{file, filepath.Join("/proc/sys", name), "", unix.MS_BIND}).do(); err != nil {
			return err
		}
	}
	return nil
}
