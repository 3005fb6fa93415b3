// Package process runs a program under measurement, and reads from outside
// what it takes of the machine.
package process

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"strconv"
	"time"

	"github.com/prometheus/procfs"
	"golang.org/x/sys/unix"
)

// A Process is a program that was started. End it with Kill.
type Process struct {
	cmd    *exec.Cmd
	said   tail
	exited chan struct{} // closed once it has ended
}

// Start starts a program with no more than its arguments.
func Start(program string, args ...string) (*Process, error) {
	p := &Process{cmd: exec.Command(program, args...), exited: make(chan struct{})}
	p.cmd.Stderr = &p.said
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	go p.wait()
	return p, nil
}

func (p *Process) wait() {
	_ = p.cmd.Wait() // how it ended does not matter: what it said does
	close(p.exited)
}

// Kill ends the process with SIGKILL, and waits until the kernel has closed
// its sockets.
func (p *Process) Kill() {
	_ = p.cmd.Process.Kill() // fails when it has ended already
	<-p.exited
}

// AwaitListening returns once somebody listens on address, which should be the
// process. It looks, and does not connect: a server that has no time may hold
// such a connection until long after its descriptors were counted.
func (p *Process) AwaitListening(ctx context.Context, address netip.AddrPort) error {
	var yes bool
	var err error
	waited := p.Await(ctx, "listening on "+address.String(), func() bool {
		yes, err = listens(address)
		return yes || err != nil
	})
	return errors.Join(waited, err)
}

func listens(address netip.AddrPort) (bool, error) {
	files, err := procfs.NewDefaultFS()
	if err != nil {
		return false, err
	}
	sockets, err := files.NetTCP()
	if err != nil {
		return false, fmt.Errorf("looking for listeners: %w", err)
	}
	const listening = 0x0a // TCP_LISTEN of the kernel
	for _, s := range sockets {
		ip, _ := netip.AddrFromSlice(s.LocalAddr)
		if s.St == listening && netip.AddrPortFrom(ip.Unmap(), uint16(s.LocalPort)) == address {
			return true, nil
		}
	}
	return false, nil
}

// AwaitOK returns once a GET of url is answered with 200.
func (p *Process) AwaitOK(ctx context.Context, url string) error {
	client := http.Client{Timeout: time.Second}
	return p.Await(ctx, "200 from "+url, func() bool {
		answer, err := client.Get(url)
		if err != nil {
			return false
		}
		defer answer.Body.Close()
		_, _ = io.Copy(io.Discard, answer.Body) // so that the connection is used again
		return answer.StatusCode == http.StatusOK
	})
}

// lookAgain is the pause between two looks at a process.
const lookAgain = 5 * time.Millisecond

// Await returns once done reports true. It fails when the process ends or ctx
// does.
func (p *Process) Await(ctx context.Context, what string, done func() bool) error {
	ticker := time.NewTicker(lookAgain)
	defer ticker.Stop()
	for !done() {
		select {
		case <-ticker.C:
		case <-p.exited:
			return fmt.Errorf("%s ended while waiting for %s: %s", p.cmd.Path, what, p.said.text())
		case <-ctx.Done():
			return fmt.Errorf("%s: waiting for %s: %w", p.cmd.Path, what, ctx.Err())
		}
	}
	return nil
}

// CPU returns the processor time that the process has taken, in user mode and
// in the kernel, to the nanosecond: /proc/PID/stat counts in hundredths of a
// second.
func (p *Process) CPU() (time.Duration, error) {
	var spent unix.Timespec
	if err := unix.ClockGettime(cpuClock(p.cmd.Process.Pid), &spent); err != nil {
		return 0, fmt.Errorf("read the processor time of %s: %w", p.cmd.Path, err)
	}
	return time.Duration(spent.Nano()), nil
}

// cpuClock is clock_getcpuclockid(3).
func cpuClock(pid int) int32 {
	const perProcessScheduled = 2
	return int32(^pid<<3 | perProcessScheduled)
}

// OwnCPU is the processor time that this process has taken, as CPU is that of
// another.
func OwnCPU() (time.Duration, error) {
	var spent unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_PROCESS_CPUTIME_ID, &spent); err != nil {
		return 0, fmt.Errorf("read the own processor time: %w", err)
	}
	return time.Duration(spent.Nano()), nil
}

// Switches returns how often the threads of the process have gone to sleep:
// the context switches that the program asks for. Those that the scheduler
// forces on it are left out, as they tell of what else the machine does.
func (p *Process) Switches() (int64, error) {
	threads, err := os.ReadDir(p.proc("task"))
	if err != nil {
		return 0, err
	}
	var all int64
	for _, thread := range threads {
		text, err := os.ReadFile(p.proc("task/" + thread.Name() + "/status"))
		if errors.Is(err, os.ErrNotExist) || errors.Is(err, unix.ESRCH) {
			continue // it has ended meanwhile
		}
		if err != nil {
			return 0, err
		}
		n, err := number(text, "voluntary_ctxt_switches: %d")
		if err != nil {
			return 0, err
		}
		all += n
	}
	return all, nil
}

// Resident returns the resident memory of the process in bytes.
func (p *Process) Resident() (int64, error) {
	text, err := os.ReadFile(p.proc("smaps_rollup"))
	if err != nil {
		return 0, err
	}
	kilobytes, err := number(text, "Rss: %d kB")
	return kilobytes << 10, err
}

// number returns the one that the first line of the form format holds.
func number(text []byte, format string) (n int64, err error) {
	for line := range bytes.Lines(text) {
		if found, _ := fmt.Sscanf(string(line), format, &n); found == 1 {
			return n, nil
		}
	}
	return 0, fmt.Errorf("the kernel does not say %q", format)
}

// Descriptors returns how many descriptors the process has open.
func (p *Process) Descriptors() int {
	open, err := os.ReadDir(p.proc("fd"))
	if err != nil {
		return 0 // it has ended, which Await tells
	}
	return len(open)
}

func (p *Process) proc(file string) string {
	return "/proc/" + strconv.Itoa(p.cmd.Process.Pid) + "/" + file
}
