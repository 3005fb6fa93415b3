package soak

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"tcp-operator.io/test/apiserver"
	"tcp-operator.io/workload/snapshot"
)

// build compiles a program of the module and returns its path.
func build(t *testing.T, pkg string) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "program")
	compile := exec.Command("go", "build", "-o", program, pkg)
	compile.Dir = apiserver.Root()
	if out, err := compile.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return program
}

// A process is a program that runs and serves metrics.
type process struct {
	name string
	web  string // host:port of its metrics
	log  string // file
	// errors are the counters that must stay 0.
	errors []string
}

// start runs a program until the test ends, and waits for its metrics.
func start(t *testing.T, p process, program string, env []string, args ...string) *process {
	t.Helper()
	p.log = filepath.Join(t.TempDir(), p.name+".log")
	log, err := os.Create(p.log)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	command := exec.Command(program, args...)
	command.Env = append(os.Environ(), env...)
	command.Stdout, command.Stderr = log, log
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = command.Process.Signal(syscall.SIGTERM)
		if err := command.Wait(); err != nil {
			t.Errorf("%s: %v\n%s", p.name, err, p.tail())
		}
	})
	until(t, p.name+" serves metrics", func() bool { _, err := p.scrape(); return err == nil })
	return &p
}

// tail is the end of what the process logged.
func (p *process) tail() string {
	text, err := os.ReadFile(p.log)
	if err != nil {
		return err.Error()
	}
	return string(text[max(0, len(text)-4096):])
}

func (p *process) get(path string) (*http.Response, error) {
	web := http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := web.Get("http://" + p.web + path)
	if err == nil && response.StatusCode != http.StatusOK {
		_ = response.Body.Close()
		return nil, fmt.Errorf("%s%s: %s", p.web, path, response.Status)
	}
	return response, err
}

// scrape returns all series, added up over their labels.
func (p *process) scrape() (map[string]float64, error) {
	response, err := p.get("/metrics")
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	sums := map[string]float64{}
	lines := bufio.NewScanner(response.Body)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		line := lines.Text()
		if strings.HasPrefix(line, "#") {
			continue
		}
		name, _, _ := strings.Cut(line, " ")
		name, _, _ = strings.Cut(name, "{")
		value, err := strconv.ParseFloat(line[strings.LastIndexByte(line, ' ')+1:], 64)
		if err != nil {
			return nil, fmt.Errorf("%q: %w", line, err)
		}
		sums[name] += value
	}
	return sums, lines.Err()
}

// snapshot is what a workload process says.
func (p *process) snapshot(t *testing.T) (s snapshot.Snapshot) {
	t.Helper()
	response, err := p.get(snapshot.Path)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if err := json.NewDecoder(response.Body).Decode(&s); err != nil {
		t.Fatal(err)
	}
	return s
}

// until looks again and again at what other processes do.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	look := time.NewTicker(100 * time.Millisecond)
	defer look.Stop()
	giveUp := time.After(2 * time.Minute)
	for !ok() {
		select {
		case <-look.C:
		case <-giveUp:
			t.Fatalf("not in two minutes: %s", what)
		}
	}
}
