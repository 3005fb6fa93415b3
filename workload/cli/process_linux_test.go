package cli

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/sys/unix"

	"tcp-operator.io/workload/snapshot"
)

var full = flag.Bool("full", false, "suspend processes for as long as a laptop sleeps, not for a moment")

// childEnv makes the test binary be the workload, with so many descriptors.
const childEnv = "TCP_WORKLOAD_TEST_DESCRIPTORS"

func TestMain(m *testing.M) {
	if limit, err := strconv.Atoi(os.Getenv(childEnv)); err == nil {
		os.Exit(child(uint64(limit)))
	}
	goleak.VerifyTestMain(m)
}

func child(descriptors uint64) int {
	limit := unix.Rlimit{Cur: descriptors, Max: descriptors}
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 3
	}
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, syscall.SIGTERM)
	return Main(Env{Args: os.Args[1:], Getenv: os.Getenv, Stdout: os.Stdout, Stderr: os.Stderr, Signals: signals})
}

// A process is the workload as a process of its own.
type process struct {
	*exec.Cmd
	t     *testing.T
	admin string
}

// startProcess starts one and waits for its admin port.
func startProcess(t *testing.T, descriptors int, args ...string) *process {
	t.Helper()
	p := &process{exec.Command(os.Args[0], append(args, "--admin-address=127.0.0.1:0")...), t, ""}
	p.Env = append(os.Environ(), fmt.Sprintf("%s=%d", childEnv, descriptors))
	out, err := p.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	lines := json.NewDecoder(out)
	for p.admin == "" {
		var line struct{ AdminAddress string }
		if err := lines.Decode(&line); err != nil {
			t.Fatal(err)
		}
		p.admin = line.AdminAddress
	}
	drained := make(chan struct{})
	go func() { // a full pipe would stop the process
		defer close(drained)
		_, _ = io.Copy(io.Discard, out)
	}()
	t.Cleanup(func() {
		_ = p.Process.Signal(syscall.SIGTERM)
		<-drained
		if err := p.Wait(); err != nil {
			t.Errorf("exit: %v", err)
		}
	})
	return p
}

func (p *process) snapshot() (s snapshot.Snapshot) {
	p.t.Helper()
	if err := json.Unmarshal([]byte(get(p.t, "http://"+p.admin+snapshot.Path)), &s); err != nil {
		p.t.Fatal(err)
	}
	return s
}

// until asks for snapshots until one is ok.
func (p *process) until(what string, ok func(snapshot.Snapshot) bool) snapshot.Snapshot {
	p.t.Helper()
	look := time.NewTicker(50 * time.Millisecond)
	defer look.Stop()
	giveUp := time.After(20 * time.Second)
	for {
		s := p.snapshot()
		if ok(s) {
			return s
		}
		select {
		case <-look.C:
		case <-giveUp:
			p.t.Fatalf("not in 20 s: %s; %+v", what, s)
		}
	}
}

// cpu is the processor time that the process has used.
func (p *process) cpu() time.Duration {
	var used unix.Timespec
	// The clock of another process, clock_getcpuclockid(3).
	if err := unix.ClockGettime(int32(^p.Process.Pid<<3|2), &used); err != nil {
		p.t.Fatal(err)
	}
	return time.Duration(used.Nano())
}

func TestOutOfDescriptors(t *testing.T) { // C9
	const descriptors, dials = 64, 500
	port := freePort(t)
	p := startProcess(t, descriptors, "server", "--bind-address=127.0.0.1", "--port="+port, "--backlog=1000", "--log-level=info")
	answers := p.askThroughout()
	var conns []net.Conn
	for range dials {
		c, err := net.Dial("tcp", "127.0.0.1:"+port)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		conns = append(conns, c)
	}
	start, startCPU := time.Now(), p.cpu()
	// 5 ms doubling to 1 s: the tenth failure comes after 3.2 s or so.
	s := p.until("ten failed accepts", func(s snapshot.Snapshot) bool { return s.Sessions.AcceptErrors >= 10 })
	share := float64(p.cpu()-startCPU) / float64(time.Since(start))
	open := s.Sessions.Open
	if got := get(t, "http://"+p.admin+"/healthz"); got != "ok\n" || !s.Ready {
		t.Errorf("health: %q, ready %t", got, s.Ready)
	}
	for _, c := range conns[:open] {
		_ = c.Close()
	}
	start = time.Now()
	p.until("accepts again", func(s snapshot.Snapshot) bool { return s.Sessions.Opened > open })
	t.Logf("C9: %d of %d dials served with %d descriptors; %.1f%% of a processor meanwhile, snapshots every 50 ms included; accepts again after %s",
		open, dials, descriptors, 100*share, time.Since(start).Round(time.Millisecond))
	if after := time.Since(start); after > 1100*time.Millisecond {
		t.Errorf("accepts again after %s", after)
	}
	if n := answers(); n < 10 {
		t.Errorf("the admin port gave %d answers meanwhile", n)
	}
}

// askThroughout asks the admin port again and again, each time on a connection
// of its own, until answers is called, which says how many it gave. One that
// it does not give in time fails the test.
func (p *process) askThroughout() (answers func() int) {
	stop, ended := make(chan struct{}), make(chan int)
	client := http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	go func() {
		look := time.NewTicker(50 * time.Millisecond)
		defer look.Stop()
		for given := 0; ; given++ {
			select {
			case <-stop:
				ended <- given
				return
			case <-look.C:
			}
			answer, err := client.Get("http://" + p.admin + "/readyz")
			if err != nil {
				p.t.Errorf("after %d answers: %v", given, err)
				continue
			}
			_ = answer.Body.Close()
			if answer.StatusCode != http.StatusOK {
				p.t.Errorf("after %d answers: %s", given, answer.Status)
			}
		}
	}()
	return func() int {
		close(stop)
		return <-ended
	}
}

func TestSuspended(t *testing.T) { // C22
	suspension := 300 * time.Millisecond
	if *full {
		suspension = 30 * time.Second
	}
	port := freePort(t)
	server := startProcess(t, 256, "server", "--bind-address=127.0.0.1", "--port="+port, "--reply-delay=50ms")
	client := startProcess(t, 256, "client", "--address=127.0.0.1:"+port, "--reply-delay=50ms", "--reconnect-initial-delay=100ms")
	client.until("talks", func(s snapshot.Snapshot) bool { return s.Messages.Received > 2 })
	for _, p := range []*process{client, server} {
		_ = p.Process.Signal(syscall.SIGSTOP)
		<-time.After(suspension) // is what is tested
		_ = p.Process.Signal(syscall.SIGCONT)
	}
	before := client.snapshot().Messages.Received
	s := client.until("talks again", func(s snapshot.Snapshot) bool { return s.Messages.Received > before+2 })
	t.Logf("C22: after two suspensions of %s: %d round trips, p50 %d µs, p99 %d µs, %d sessions lost",
		suspension, s.RoundTrip.Count, s.RoundTrip.P50Microseconds, s.RoundTrip.P99Microseconds, s.Sessions.Lost)
	if s.Sessions.Lost > 0 || s.RoundTrip.P99Microseconds > (suspension+10*time.Second).Microseconds() || s.RoundTrip.P50Microseconds < 50_000 {
		t.Errorf("%+v", s)
	}
}
