package main

import (
	"io"
	"math"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"tcp-operator.io/bench/report"
	"tcp-operator.io/bench/workload/load"
	"tcp-operator.io/bench/workload/peer"
	"tcp-operator.io/bench/workload/process"
)

// The test's own program plays the peers, as the real one does.
func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == "peer" {
		if err := peer.Serve(os.Args[2], os.Args[3:]); err != nil {
			os.Exit(1)
		}
		return
	}
	if len(os.Args) > 1 && os.Args[1] == "server" {
		playBroken(os.Args[2:])
		return
	}
	os.Exit(m.Run())
}

// playBroken plays a workload that takes every session, and closes it at its
// first message.
func playBroken(args []string) {
	var address, port string
	for _, arg := range args {
		if value, ok := strings.CutPrefix(arg, "--bind-address="); ok {
			address = value
		}
		if value, ok := strings.CutPrefix(arg, "--port="); ok {
			port = value
		}
	}
	l, err := net.Listen("tcp", net.JoinHostPort(address, port))
	if err != nil {
		os.Exit(1)
	}
	for {
		c, err := l.Accept()
		if err != nil {
			os.Exit(1)
		}
		go func() {
			_, _ = c.Read(make([]byte, 100))
			_ = c.Close()
		}()
	}
}

// smallest returns what takes a second or so for each measure.
func smallest(t *testing.T) *bench {
	program := filepath.Join(t.TempDir(), "workload")
	build := exec.CommandContext(t.Context(), "go", "build", "-C", "../..", "-o", program, "./workload")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build the workload: %v\n%s", err, out)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return &bench{
		fleet:  fleet{workload: program, self: self},
		rounds: 1,
		sizes:  sizes{sessions: 50, delay: 200 * time.Millisecond, pingPong: 20 * time.Millisecond},
	}
}

func TestEveryMeasureGivesEveryFigure(t *testing.T) {
	b := smallest(t)
	for _, m := range b.measures() {
		m.peers = []string{stdnet} // as Twisted may be missing
		table, err := b.run(t.Context(), m)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range m.figures {
			checkValues(t, m.name, f, table.Series[ours][f.Name], f.Name == early || f.Name == lost)
			if m.name != "size" && f.Name != heldByClient && f.Name != smallBacklog {
				checkValues(t, m.name+" of a peer", f, table.Series[stdnet][f.Name], f.Name == early || f.Name == lost)
			}
		}
	}
}

// What a failed round has measured is nothing: a zero would be the best of all
// delays.
func TestAFailedRoundRecordsNothing(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{
		fleet:  fleet{workload: self, self: self},
		rounds: 1,
		sizes:  sizes{sessions: 10, delay: 100 * time.Millisecond, pingPong: 20 * time.Millisecond},
	}
	before := []string{bytesOfImage, neverSpoke, acceptCPU} // what was measured before the failure
	for _, m := range b.measures() {
		m.peers = nil
		table, err := b.run(t.Context(), m)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range m.figures {
			values := table.Series[ours][f.Name]
			if len(values) != 1 || math.IsNaN(values[0]) == slices.Contains(before, f.Name) {
				t.Errorf("%s: %q was measured as %v of a server that fails", m.name, f.Name, values)
			}
		}
	}
}

// A server may end while it is looked at: no processor time is no thrift.
func TestAServerThatEndsMeanwhileRecordsNothing(t *testing.T) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() { _, _ = io.Copy(c, c) }()
		}
	}()
	p, err := process.Start("/bin/sleep", "0.6") // it does not serve, and ends between the two looks
	if err != nil {
		t.Fatal(err)
	}
	s := &server{Process: p, address: l.Addr().(*net.TCPAddr).AddrPort()}
	clients, err := load.New(s.address, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer clients.Close()
	if err := clients.Connect(1); err != nil {
		t.Fatal(err)
	}
	taken := sample{}
	if err := taken.pingPong(t.Context(), s, clients, 1, time.Second); err == nil || len(taken) > 0 {
		t.Errorf("measured %v, error %v; want only an error", taken, err)
	}
}

// checkValues holds that a figure was measured in every round. None is lost
// and none early on any machine; how fast it is, is no matter of a test.
func checkValues(t *testing.T, of string, f report.Figure, values []float64, none bool) {
	t.Helper()
	if len(values) != 1 || math.IsNaN(values[0]) {
		t.Errorf("%s: %q was measured as %v, want one value", of, f.Name, values)
		return
	}
	if none && values[0] != 0 {
		t.Errorf("%s: %v %s", of, values[0], f.Name)
	}
}
