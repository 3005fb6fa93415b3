package bundle

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
)

const gomod = `module tcp-operator.io/lab

tool (
	github.com/opencontainers/runc
)

require (
	github.com/containerd/containerd/v2 v2.4.2 // indirect
	github.com/containernetworking/plugins v1.9.1
	github.com/coredns/coredns v1.15.0
	github.com/opencontainers/runc v1.5.2
	go.etcd.io/etcd/server/v3 v3.7.2
)

require k8s.io/kubernetes v1.37.2

replace k8s.io/api => k8s.io/api v0.37.2
`

func TestParseVersions(t *testing.T) {
	got, err := ParseVersions([]byte(gomod))
	if err != nil {
		t.Fatal(err)
	}
	want := Versions{
		Kubernetes: "v1.37.2", Etcd: "v3.7.2", Containerd: "v2.4.2", Runc: "v1.5.2", CNI: "v1.9.1", CoreDNS: "v1.15.0",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if _, err := ParseVersions([]byte("module x\n")); err == nil {
		t.Error("a go.mod that requires nothing is accepted")
	}
}

func TestTheRealGoModNamesAllVersions(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ParseVersions(text); err != nil {
		t.Error(err)
	}
}

func TestTheKeyChangesWithWhatIsBuilt(t *testing.T) {
	key := func(source fstest.MapFS, version string) string {
		t.Helper()
		k, err := Key(source, version)
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	file := func(s string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(s)} }
	base := fstest.MapFS{"go.mod": file("a"), "bundle/x/main.go": file("b")}
	want := key(base, "go1")
	if got := key(fstest.MapFS{"bundle/x/main.go": file("b"), "go.mod": file("a")}, "go1"); got != want {
		t.Errorf("the same input gives %s and %s", want, got)
	}
	for name, got := range map[string]string{
		"another compiler":     key(base, "go2"),
		"another text":         key(fstest.MapFS{"go.mod": file("a"), "bundle/x/main.go": file("c")}, "go1"),
		"another name":         key(fstest.MapFS{"go.mod": file("a"), "bundle/y/main.go": file("b")}, "go1"),
		"a text moved between": key(fstest.MapFS{"go.mod": file("ab"), "bundle/x/main.go": file("")}, "go1"),
	} {
		if got == want {
			t.Errorf("%s leaves the key as it is", name)
		}
	}
}

func TestStamp(t *testing.T) {
	got := stamp("v1.37.2")
	for _, want := range []string{
		"-X=k8s.io/component-base/version.gitVersion=v1.37.2",
		"-X=k8s.io/client-go/pkg/version.gitMinor=37",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%q lacks %q", got, want)
		}
	}
}

func TestSuperfluous(t *testing.T) {
	at := func(hour int) time.Time { return time.Date(2030, 1, 1, hour, 0, 0, 0, time.UTC) }
	entries := []entry{{"old", at(1)}, {"newest", at(3)}, {"building1", at(4)}, {"middle", at(2)}}
	for _, c := range []struct {
		name   string
		newest int
		want   []string
	}{
		{"what is unfinished always goes", 9, []string{"building1"}},
		{"the oldest goes first", 2, []string{"building1", "old"}},
		{"none need stay", 0, []string{"building1", "newest", "middle", "old"}},
	} {
		if diff := cmp.Diff(c.want, superfluous(entries, c.newest, "building")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

func TestFollowTellsPackagesFromErrors(t *testing.T) {
	var said []string
	clock := time.Unix(0, 0)
	now := func() time.Time { clock = clock.Add(20 * time.Second); return clock }
	output := "go: downloading example.com/x v1\ninternal/abi\nexample.com/x\n# example.com/x\nx.go:1:1: no\n"
	got := follow(strings.NewReader(output), now, func(s string) { said = append(said, s) })
	if want := "go: downloading example.com/x v1\n# example.com/x\nx.go:1:1: no\n"; got != want {
		t.Errorf("the rest is %q, want %q", got, want)
	}
	if diff := cmp.Diff([]string{"compiled 2 packages of up to 3000"}, said); diff != "" {
		t.Errorf("progress (-want +got):\n%s", diff)
	}
}

func TestAFailedBuildLeavesNothing(t *testing.T) {
	cache := t.TempDir()
	golang := filepath.Join(t.TempDir(), "go")
	script := "#!/bin/sh\necho 'main.go:1:1: broken' >&2\nexit 1\n"
	if err := os.WriteFile(golang, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	b := &Bundle{Source: fstest.MapFS{}, Go: golang, Dir: filepath.Join(cache, "key")}
	err := b.Build(t.Context(), func(string) {})
	if err == nil || !strings.Contains(err.Error(), "main.go:1:1: broken") {
		t.Errorf("the error %v does not show the compiler's", err)
	}
	left, _ := filepath.Glob(filepath.Join(cache, "[^.]*")) // All but the lock.
	if len(left) > 0 || b.Exists() {
		t.Errorf("left behind: %v", left)
	}
}

func TestABuildIsReused(t *testing.T) {
	b := &Bundle{Go: "/nonexistent", Dir: t.TempDir()}
	if err := os.Mkdir(b.Bin(), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := b.Build(t.Context(), func(s string) { t.Error("unexpected:", s) }); err != nil {
		t.Error(err)
	}
}
