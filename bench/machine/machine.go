// Package machine tells how much of the machine's processors others took
// while something was measured.
package machine

import (
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/prometheus/procfs"
	"golang.org/x/sys/unix"
)

// A Watch is a moment from which on the machine is watched.
type Watch struct{ began reading }

// Begin begins to watch.
func Begin() (Watch, error) {
	r, err := read()
	return Watch{r}, err
}

// Others returns which share of the processors' time, in [0,1], was taken
// since by others than this process and its children: by other programs, and
// by other virtual machines on the same hardware.
func (w Watch) Others() (float64, error) {
	now, err := read()
	if err != nil {
		return 0, err
	}
	return others(w.began, now), nil
}

// reading is what the kernel has counted so far.
type reading struct {
	all procfs.CPUStat // of all processors, in seconds
	// own is the time of this process and its children, those that have ended
	// included.
	own time.Duration
	// deferred is the time of the kernel's threads for network traffic that
	// was more than could be handled at once, which is our own traffic.
	deferred time.Duration
}

// others compares two readings. Where the kernel accounts the time of
// interrupts apart from that of the process that they came upon, it counts
// that of hard ones; where it does not, that stays 0, and the process is
// charged with all.
func others(before, after reading) float64 {
	difference := func(of func(procfs.CPUStat) float64) float64 { return of(after.all) - of(before.all) }
	idle := difference(func(s procfs.CPUStat) float64 { return s.Idle + s.Iowait })
	interrupts := difference(func(s procfs.CPUStat) float64 { return s.IRQ + s.SoftIRQ })
	// User and Nice hold the time of guests already.
	busy := interrupts + difference(func(s procfs.CPUStat) float64 { return s.User + s.Nice + s.System + s.Steal })
	ours := (after.own - before.own).Seconds()
	if after.all.IRQ > 0 {
		ours += interrupts
	} else {
		ours += (after.deferred - before.deferred).Seconds()
	}
	if busy+idle <= 0 {
		return 0
	}
	return min(max((busy-ours)/(busy+idle), 0), 1)
}

func read() (reading, error) {
	files, err := procfs.NewDefaultFS()
	if err != nil {
		return reading{}, fmt.Errorf("watching the machine: %w", err)
	}
	stat, err := files.Stat()
	if err != nil {
		return reading{}, fmt.Errorf("watching the machine: %w", err)
	}
	r := reading{all: stat.CPUTotal}
	for _, who := range []int{unix.RUSAGE_SELF, unix.RUSAGE_CHILDREN} {
		var usage unix.Rusage
		if err := unix.Getrusage(who, &usage); err != nil {
			return reading{}, fmt.Errorf("watching the machine: getrusage: %w", err)
		}
		r.own += time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
	}
	return r, r.addProcesses(files)
}

// addProcesses adds what getrusage(2) leaves out: the children that have not
// ended, and the kernel's threads.
func (r *reading) addProcesses(files procfs.FS) error {
	processes, err := files.AllProcs()
	if err != nil {
		return fmt.Errorf("watching the machine: %w", err)
	}
	for _, process := range processes {
		stat, err := process.Stat()
		if err != nil {
			continue // it has ended meanwhile
		}
		spent := time.Duration(stat.UTime+stat.STime) * clockTick
		switch {
		case stat.PPID == os.Getpid():
			r.own += spent + time.Duration(stat.CUTime+stat.CSTime)*clockTick
		case strings.HasPrefix(stat.Comm, "ksoftirqd/"):
			r.deferred += spent
		}
	}
	return nil
}

// clockTick is the unit of /proc/PID/stat, on all that Go runs on.
const clockTick = 10 * time.Millisecond
