package cli

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"tcp-operator.io/workload/credentials/testcert"
	"tcp-operator.io/workload/snapshot"
	"tcp-operator.io/workload/spec"
)

// runToEnd runs the program to its end.
func runToEnd(env map[string]string, args ...string) (code int, stdout, stderr string) {
	var out, errOut bytes.Buffer
	code = Main(Env{Args: args, Getenv: func(k string) string { return env[k] }, Stdout: &out, Stderr: &errOut})
	return code, out.String(), errOut.String()
}

func TestWrongSettingsAreOneLineAndExit2(t *testing.T) {
	file := filepath.Join(t.TempDir(), "settings.json")
	if err := os.WriteFile(file, []byte(`{"backlog": -1}`), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, args, json, want string
	}{
		{"nothing", "", "", "workload: say what to run: workload server or workload client"},
		{"no role", "serve", "", `workload: "serve" is not known: write workload server or workload client`},
		{"a flag out of range", "server --port 70000", "", "workload server: --port: 70000 is out of range: write 1 to 65535"},
		{"a flag that is no number", "server --port x", "", `workload server: --port: "x" is not a whole number that fits: write for example 9527`},
		{"a flag that is no duration", "server --reply-delay 5", "", `workload server: --reply-delay: "5" is not a duration: write for example 500ms, 5s, 1m30s or 1h`},
		{"an unknown flag", "server --bogus", "", "workload server: --bogus: is not known: see workload server --help"},
		{"a flag of the other role", "server --sessions=1", "", "workload server: --sessions: is not known: see workload server --help"},
		{"a flag without its value", "server --port", "", "workload server: --port: needs a value: see workload server --help"},
		{"an argument", "server now", "", `workload server: "now" is not a flag: see workload server --help`},
		{"a client without address", "client", "", "workload client: --address: is empty: write the server's name or IP address"},
		{"an address without port", "client --address db", "", `workload client: --address: "db" is not a host and a port: write for example 127.0.0.1:9527, db.example.com:5432 or [fd00::7]:9527`},
		{"an address with a wrong port", "client --address db:0", "", "workload client: --address: 0 is out of range: write 1 to 65535"},
		{"the environment", "server", `{"limits": {"sessions": 0}}`, "workload server: TCP_WORKLOAD_SETTINGS: limits.sessions: 0 is out of range: write 1 to 100000"},
		{"the environment, cut off", "server", `{"port"`, `workload server: TCP_WORKLOAD_SETTINGS: the JSON ends too soon: write one JSON object such as {"port": 9527}`},
		{"a file", "server --settings " + file, "", "workload server: " + file + ": backlog: -1 is out of range: write 1 to 65535"},
		{"no such file", "server --settings /nowhere/x", "", "workload server: --settings: open /nowhere/x: no such file or directory: name a file that can be read"},
		{"a flag over a wrong environment", "server --port 0", `{"port": 70000}`, "workload server: --port: 0 is out of range: write 1 to 65535"},
		{"several fields", "server --port 0 --backlog 0", "", "workload server: --port: 0 is out of range: write 1 to 65535; --backlog: 0 is out of range: write 1 to 65535"},
		{"log level", "server --log-level loud", "", `workload server: --log-level: "loud" is not known: write debug, info, warn or error`},
		{"log format", "server --log-format xml", "", `workload server: --log-format: "xml" is not known: write auto, text or json`},
		{"TLS without key", "server --tls-certificate-file " + file, "", "workload server: --tls-key-file: is empty: name the file of the certificate's key"},
		{"TLS from a file that is none", "client --address db:1 --tls-ca-file " + file, "", "workload client: --tls-ca-file: " + file + ": holds no certificate in PEM: name a file in PEM that can be used"},
		{"a bind address of another host", "server --bind-address 192.0.2.1", "", "workload server: --bind-address: 192.0.2.1 is not an address of this host: write one that is, or leave it empty"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			code, _, stderr := runToEnd(map[string]string{spec.SettingsEnv: tt.json}, strings.Fields(tt.args)...)
			if code != exitSettings || stderr != tt.want+"\n" {
				t.Errorf("exit %d\ngot  %swant %s", code, stderr, tt.want)
			}
		})
	}
}

func TestPortInUse(t *testing.T) { // C20
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	port := l.Addr().(*net.TCPAddr).Port
	code, _, stderr := runToEnd(nil, "server", "--bind-address=127.0.0.1", fmt.Sprintf("--port=%d", port))
	want := fmt.Sprintf("workload server: --port: %d is in use: stop what listens there, or write another\n", port)
	if code != exitSettings || stderr != want {
		t.Errorf("exit %d\ngot  %swant %s", code, stderr, want)
	}
}

func TestHelp(t *testing.T) {
	for _, args := range [][]string{{"help"}, {"server", "--help"}, {"client", "-h"}} {
		if code, stdout, stderr := runToEnd(nil, args...); code != exitOK || !strings.Contains(stdout, "usage: workload") || stderr != "" {
			t.Errorf("%v: exit %d, stdout %q, stderr %q", args, code, stdout, stderr)
		}
	}
}

// fields returns the dotted JSON paths of all settings below v.
func fields(v reflect.Type, prefix string) (paths []string) {
	for f := range v.Fields() {
		name := prefix + f.Tag.Get("json")
		switch {
		case f.Anonymous:
			paths = append(paths, fields(f.Type, prefix)...)
		case f.Type.Kind() == reflect.Struct:
			paths = append(paths, fields(f.Type, name+".")...)
		default:
			paths = append(paths, name)
		}
	}
	return paths
}

func TestEveryFieldHasAFlag(t *testing.T) {
	for role, define := range map[any]func(*flags){
		spec.Server{}: func(f *flags) { f.server(new(spec.DefaultServer())) },
		spec.Client{}: func(f *flags) { f.client(new(spec.DefaultClient())) },
	} {
		f := &flags{FlagSet: flag.NewFlagSet("", flag.ContinueOnError)}
		define(f)
		known := map[string]bool{}
		for _, path := range fields(reflect.TypeOf(role), "") {
			known[flagName(path)] = true
			if f.Lookup(flagName(path)) == nil {
				t.Errorf("%T: %s has no flag --%s", role, path, flagName(path))
			}
		}
		f.VisitAll(func(one *flag.Flag) {
			if !known[one.Name] {
				t.Errorf("%T: --%s is not the flag of any field", role, one.Name)
			}
		})
	}
}

// A program is one that runs, with its log read line by line. It never waits
// for the test to read.
type program struct {
	t       *testing.T
	signals chan os.Signal
	lines   chan []byte
	code    chan int
}

// Write implements io.Writer: a handler of slog writes a line at a time.
func (p *program) Write(line []byte) (int, error) {
	p.lines <- bytes.Clone(line)
	return len(line), nil
}

func start(t *testing.T, env map[string]string, args ...string) *program {
	t.Helper()
	p := &program{t: t, signals: make(chan os.Signal, 2), lines: make(chan []byte, 10000), code: make(chan int, 1)}
	go func() {
		p.code <- Main(Env{Args: args, Getenv: func(k string) string { return env[k] }, Stdout: p, Stderr: p, Signals: p.signals})
		close(p.lines)
	}()
	return p
}

// await reads the log up to a line whose message matches, and returns the
// line's attributes.
func (p *program) await(message string) map[string]any {
	p.t.Helper()
	want := regexp.MustCompile(message)
	for text := range p.lines {
		var line map[string]any
		if err := json.Unmarshal(text, &line); err != nil {
			p.t.Fatalf("not JSON: %s", text)
		}
		if want.MatchString(line["msg"].(string)) {
			return line
		}
	}
	p.t.Fatalf("the log ends without %q", message)
	return nil
}

// end reads the rest of the log and returns the exit code.
func (p *program) end() int {
	for range p.lines {
	}
	return <-p.code
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return port
}

func TestTheClassicPair(t *testing.T) {
	port := freePort(t)
	server := start(t, map[string]string{spec.SettingsEnv: `{"reply": {"delay": "10ms"}}`},
		"server", "--bind-address=127.0.0.1", "--port="+port, "--admin-address=127.0.0.1:0")
	server.await("^Starting TCP Server on " + port + "$")
	admin := server.await("^Serving probes")["adminAddress"].(string)
	client := start(t, nil, "client", "--address=127.0.0.1:"+port, "--reply-delay=10ms", "--admin-address=")
	client.await("^Starting Connecting To Tcp Server$")
	client.await("^Connection made$")
	server.await("^Connection made$")
	server.await(`^Received msg 'Hello server, I am the client \d{4}-\d\d-\d\d \d\d:\d\d:\d\d' from Tcp Client$`)
	client.await(`^Received msg 'response from the server .*' from Tcp Server$`)
	server.await(`^Received msg 'response from the client .*' from Tcp Client$`)

	for path, want := range map[string]string{"/healthz": "ok\n", "/readyz": "ok\n"} {
		if got := get(t, "http://"+admin+path); got != want {
			t.Errorf("%s: got %q", path, got)
		}
	}
	var snap snapshot.Snapshot
	if err := json.Unmarshal([]byte(get(t, "http://"+admin+snapshot.Path)), &snap); err != nil {
		t.Error(err)
	}
	if snap.Version != snapshot.Version || snap.Role != snapshot.Server || !snap.Ready || snap.Sessions.Open != 1 {
		t.Errorf("snapshot: %+v", snap)
	}

	client.signals <- syscall.SIGTERM
	client.await("^Draining$")
	if lost := client.await("^Connection lost$"); lost["reason"] != "Drained" || lost["closedBy"] != "Local" {
		t.Errorf("client: %v", lost)
	}
	if lost := server.await("^Connection lost$"); lost["reason"] != "PeerClosed" || lost["closedBy"] != "Peer" {
		t.Errorf("server: %v", lost)
	}
	client.await("^Final snapshot$")
	if code := client.end(); code != exitOK {
		t.Errorf("client: exit %d", code)
	}
	server.signals <- os.Interrupt
	server.await("^Final snapshot$")
	if code := server.end(); code != exitOK {
		t.Errorf("server: exit %d", code)
	}
}

func TestThePairOverTLS(t *testing.T) {
	authority, dir, own := testcert.New(t), t.TempDir(), t.TempDir()
	ca, hour := authority.File(t, dir), time.Now().Add(time.Hour)
	certificate, key := authority.Issue(t, dir, "127.0.0.1", hour)
	port := freePort(t)
	server := start(t, nil, "server", "--bind-address=127.0.0.1", "--port="+port, "--reply-delay=10ms", "--admin-address=127.0.0.1:0",
		"--tls-certificate-file="+certificate, "--tls-key-file="+key, "--tls-client-ca-file="+ca)
	admin := server.await("^Serving probes")["adminAddress"].(string)

	stranger := start(t, nil, "client", "--address=127.0.0.1:"+port, "--tls-ca-file="+ca, "--admin-address=")
	if lost := stranger.await("^Connection lost$"); lost["reason"] != "PeerAlert" {
		t.Errorf("a client without certificate: %v", lost)
	}
	if failed := server.await("^Handshake failed$"); failed["phase"] != "Handshake" || failed["reason"] != "HandshakeFailed" {
		t.Errorf("server: %v", failed)
	}
	plain := start(t, nil, "client", "--address=127.0.0.1:"+port, "--admin-address=")
	if failed := server.await("^Handshake failed$"); failed["reason"] != "NotTLS" {
		t.Errorf("server: %v", failed)
	}

	certificate, key = authority.Issue(t, own, "caller", hour)
	client := start(t, nil, "client", "--address=127.0.0.1:"+port, "--reply-delay=10ms", "--admin-address=",
		"--tls-ca-file="+ca, "--tls-certificate-file="+certificate, "--tls-key-file="+key)
	server.await("^Received msg 'Hello server, .*' from Tcp Client$")
	client.await("^Received msg 'response from the server .*' from Tcp Server$")
	if got, want := get(t, "http://"+admin+"/metrics"), fmt.Sprintf("tcpworkload_certificate_expiry_timestamp_seconds %g\n", float64(hour.Unix())); !strings.Contains(got, want) {
		t.Errorf("metrics lack %s", want)
	}
	server.signals <- syscall.SIGTERM
	if lost := client.await("^Connection lost$"); lost["reason"] != "PeerClosed" {
		t.Errorf("client: %v", lost)
	}
	for _, p := range []*program{stranger, plain, client} {
		p.signals <- syscall.SIGTERM
	}
	for _, p := range []*program{stranger, plain, client, server} {
		if code := p.end(); code != exitOK {
			t.Errorf("exit %d", code)
		}
	}
}

func TestASecondSignalClosesAtOnce(t *testing.T) {
	port := freePort(t)
	server := start(t, nil, "server", "--bind-address=127.0.0.1", "--port="+port, "--admin-address=", "--reply-delay=1h")
	server.await("^Starting")
	c, err := net.Dial("tcp", "127.0.0.1:"+port)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_, _ = io.WriteString(c, "an hour's wait\n\x1b[2J forged\r\nlevel=ERROR")
	received := server.await("^Received")
	if want := `Received msg 'an hour\'s wait\n\x1b[2J forged\r\nlevel=ERROR' from Tcp Client`; received["msg"] != want {
		t.Errorf("got %q, want %q", received["msg"], want)
	}
	server.signals <- syscall.SIGTERM
	server.await("^Draining$")
	server.signals <- syscall.SIGTERM
	server.await("^Closing at once$")
	if lost := server.await("^Connection lost$"); lost["reason"] != "LocalClosed" {
		t.Errorf("%v", lost)
	}
	if code := server.end(); code != exitOK {
		t.Errorf("exit %d", code)
	}
}

func get(t *testing.T, url string) string {
	t.Helper()
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	r, err := client.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}
