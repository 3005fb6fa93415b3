package main

import (
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"tcp-operator.io/lab/internal/host"
	"tcp-operator.io/lab/internal/image"
	state "tcp-operator.io/lab/internal/status"
)

func TestParse(t *testing.T) {
	tests := map[string]struct {
		line string
		name string
		rest []string
		fail bool
	}{
		"a command":            {line: "up", name: "tcp-operator", rest: []string{"up"}},
		"a name":               {line: "--name x up", name: "x", rest: []string{"up"}},
		"flags of the command": {line: "kubectl get -w --name y", name: "tcp-operator", rest: strings.Fields("kubectl get -w --name y")},
		"no command":           {line: "--name x", fail: true},
		"no such command":      {line: "fly", fail: true},
		"no such flag":         {line: "--what up", fail: true},
	}
	for what, c := range tests {
		name, rest, err := parse(strings.Fields(c.line), io.Discard)
		if (err != nil) != c.fail {
			t.Errorf("%s: %v", what, err)
			continue
		}
		if diff := cmp.Diff(c.rest, rest); diff != "" || name != c.name {
			t.Errorf("%s: name %q (-want +got):\n%s", what, name, diff)
		}
	}
}

func TestParseLoad(t *testing.T) {
	made := image.Spec{Binary: "bin/x", Entrypoint: "/manager", User: image.Nobody}
	tests := map[string]struct {
		line string
		want loading
		fail bool
	}{
		"a tar file":            {line: "x.tar", want: loading{tarball: "x.tar"}},
		"a tar file and a name": {line: "--as a:b x.tar", want: loading{tarball: "x.tar", as: "a:b"}},
		"a binary":              {line: "--as a:b --binary bin/x", want: loading{as: "a:b", spec: made}},
		"a binary without name": {line: "--binary bin/x", fail: true},
		"nothing":               {line: "--as a:b", fail: true},
		"both":                  {line: "--as a:b --binary bin/x x.tar", fail: true},
		"two files":             {line: "x.tar y.tar", fail: true},
	}
	for what, c := range tests {
		got, err := parseLoad(strings.Fields(c.line), io.Discard)
		if (err != nil) != c.fail {
			t.Errorf("%s: %v", what, err)
		}
		if c.fail || err != nil {
			continue
		}
		if got.spec.Binary == "" {
			got.spec = image.Spec{}
		}
		if diff := cmp.Diff(c.want, got, cmp.AllowUnexported(loading{})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
	}
}

func TestTheSourcesAreCarriedAlong(t *testing.T) {
	for _, path := range []string{"go.mod", "go.sum", "bundle/kubernetes/main.go", "bundle/coredns/main.go", "bundle/pause/main.go"} {
		if _, err := source.ReadFile(path); err != nil {
			t.Error(err)
		}
	}
}

func TestDescribeNamesWhatIsWrong(t *testing.T) {
	report := state.Report{
		Ready:      true,
		Failure:    &state.Failure{Message: "etcd ended", Log: "log/etcd.log"},
		Components: []state.Component{{Name: "etcd", Exit: "exit code 1"}, {Name: "kubelet"}},
		Checks:     []state.Check{{Name: "API server", Error: "refused"}, {Name: "node ready"}},
	}
	got := describe(host.Lab{Name: "x"}, host.Record{Address: "127.0.0.1:1"}, report, "Kubernetes v1")
	for _, want := range []string{
		"failed", "etcd: exit code 1", "kubelet: runs", "API server: refused", "node ready: ok", "https://127.0.0.1:1",
		"/x/kubeconfig", "/x/log/etcd.log",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
}

func TestEstimate(t *testing.T) {
	for cores, want := range map[int]string{2: "about 20 minutes on 2 cores", 64: "about 4 minutes on 64 cores"} {
		if got := estimate(cores); !strings.Contains(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
