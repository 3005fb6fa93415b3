package security

import (
	"bytes"
	"net"
	"os"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"tcp-operator.io/workload/cli"
	"tcp-operator.io/workload/spec"
)

// A program is the workload as it is shipped, running in this process. Its
// sockets are of the loopback interface.
type program struct {
	t       *testing.T
	address string // where it listens, if it is a server
	signals chan os.Signal
	exit    chan int
	log     log
	stopped sync.Once
}

// start runs the workload with settings as JSON, until the test ends or stop
// is called.
func start(t *testing.T, settings, role string, args ...string) *program {
	t.Helper()
	p := &program{t: t, signals: make(chan os.Signal, 2), exit: make(chan int, 1)}
	if role == "server" {
		p.address = freeAddress(t)
		_, port, _ := net.SplitHostPort(p.address)
		args = append(args, "--bind-address=127.0.0.1", "--port="+port)
	}
	environment := map[string]string{spec.SettingsEnv: settings, spec.PodNameEnv: "pod"}
	go func() {
		code := cli.Main(cli.Env{
			Args: append([]string{role}, args...), Getenv: func(name string) string { return environment[name] },
			Stdout: &p.log, Stderr: &p.log, Signals: p.signals,
		})
		p.log.end()
		p.exit <- code
	}()
	t.Cleanup(func() { p.stop() })
	p.await("Starting ")
	return p
}

// await waits until the log holds text.
func (p *program) await(text string) {
	p.t.Helper()
	if !p.log.await(text) {
		p.t.Fatalf("the log ends without %q:\n%s", text, p.log.String())
	}
}

// stop ends the program at once and returns its log.
func (p *program) stop() string {
	p.t.Helper()
	p.stopped.Do(func() {
		p.signals <- syscall.SIGTERM
		p.signals <- syscall.SIGTERM
		if code := <-p.exit; code != 0 {
			p.t.Errorf("the workload ended with %d:\n%s", code, p.log.String())
		}
	})
	return p.log.String()
}

// dial connects to the server.
func (p *program) dial() peer {
	p.t.Helper()
	conn, err := net.DialTimeout("tcp", p.address, time.Minute)
	if err != nil {
		p.t.Fatal(err)
	}
	_ = conn.SetDeadline(time.Now().Add(time.Minute))
	p.t.Cleanup(func() { _ = conn.Close() })
	return peer{p.t, conn}
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(l.Addr().(*net.TCPAddr).Port))
}

// A log keeps what is written. It is safe for concurrent use.
type log struct {
	mu    sync.Mutex
	text  bytes.Buffer
	grown chan struct{} // closed at the next change; nil while nobody waits
	ended bool
}

// Write implements io.Writer.
func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.wake()
	return l.text.Write(p)
}

// end says that no more will be written.
func (l *log) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ended = true
	l.wake()
}

func (l *log) wake() {
	if l.grown != nil {
		close(l.grown)
		l.grown = nil
	}
}

// await tells whether text was written, as soon as it is, or at the end.
func (l *log) await(text string) bool {
	for {
		found, grown := l.look(text)
		if found || grown == nil {
			return found
		}
		<-grown
	}
}

func (l *log) look(text string) (found bool, grown <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if bytes.Contains(l.text.Bytes(), []byte(text)) || l.ended {
		return bytes.Contains(l.text.Bytes(), []byte(text)), nil
	}
	if l.grown == nil {
		l.grown = make(chan struct{})
	}
	return false, l.grown
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}
