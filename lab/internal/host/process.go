package host

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// Process identifies a process for good: a process id alone may be another
// process tomorrow, and after a restart of the machine even all three
// numbers but the last may agree.
type Process struct {
	ID      int
	Started uint64 // In clock ticks since the machine started.
	Boot    string // The machine's boot id.
}

// Identify takes down the identity of a running process.
func Identify(pid int) (Process, error) {
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return Process{}, fmt.Errorf("read the boot id: %w", err)
	}
	stat, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		return Process{}, fmt.Errorf("look at process %d: %w", pid, err)
	}
	started, err := parseStarted(stat)
	if err != nil {
		return Process{}, fmt.Errorf("look at process %d: %w", pid, err)
	}
	return Process{ID: pid, Started: started, Boot: string(bytes.TrimSpace(boot))}, nil
}

// parseStarted takes the start time from the text of /proc/PID/stat. The
// program's name comes before it, in parentheses, and may contain anything.
func parseStarted(stat []byte) (uint64, error) {
	end := bytes.LastIndexByte(stat, ')')
	if end < 0 {
		return 0, fmt.Errorf("unexpected text %q", stat)
	}
	fields := strings.Fields(string(stat[end+1:]))
	const startTime = 22 - 3 // The 22nd field; the first here is the 3rd.
	if len(fields) <= startTime {
		return 0, fmt.Errorf("unexpected text %q", stat)
	}
	return strconv.ParseUint(fields[startTime], 10, 64)
}

// open returns a descriptor that stands for the process, whatever becomes
// of its id. Nil means that the process is gone.
func (p Process) open() (*os.File, error) {
	if p.ID <= 1 {
		return nil, nil
	}
	fd, err := unix.PidfdOpen(p.ID, 0)
	if errors.Is(err, unix.ESRCH) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("open process %d: %w", p.ID, err)
	}
	file := os.NewFile(uintptr(fd), "process")
	// Compared after opening: from here on the id cannot change hands
	// unnoticed.
	if now, err := Identify(p.ID); err != nil || now != p || exited(fd, 0) {
		return nil, file.Close()
	}
	return file, nil
}

// Alive tells whether the process still runs.
func (p Process) Alive() bool {
	file, err := p.open()
	if file == nil {
		return err != nil // Unknown is not dead.
	}
	_ = file.Close()
	return true
}

// Kill ends the process and waits until it is gone. It is no error if it
// was gone before.
func (p Process) Kill(patience time.Duration) error {
	file, err := p.open()
	if file == nil {
		return err
	}
	defer file.Close()
	fd := int(file.Fd())
	if err := unix.PidfdSendSignal(fd, unix.SIGKILL, nil, 0); err != nil && !errors.Is(err, unix.ESRCH) {
		return fmt.Errorf("kill process %d: %w", p.ID, err)
	}
	if !exited(fd, patience) {
		return fmt.Errorf("process %d did not end within %s of being killed", p.ID, patience)
	}
	return nil
}

// exited waits for the end of a process.
func exited(fd int, patience time.Duration) bool {
	deadline := time.Now().Add(patience)
	for {
		left := max(0, time.Until(deadline))
		n, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, int(left.Milliseconds()))
		if !errors.Is(err, unix.EINTR) {
			return n == 1
		}
	}
}
