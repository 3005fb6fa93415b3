package host

import (
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestParseStarted(t *testing.T) {
	tests := map[string]struct {
		stat string
		want uint64
		fail bool
	}{
		"a plain name": {
			stat: "42 (sleep) S 1 42 42 0 -1 4194560 102 0 0 0 0 0 0 0 20 0 1 0 8812345 2490368 224 184467",
			want: 8812345,
		},
		"a name that looks like the rest": {
			stat: "42 (a) S 1 (b) S 1 42 42 0 -1 4194560 102 0 0 0 0 0 0 0 20 0 1 0 77 2490368 224 184467",
			want: 77,
		},
		"too few fields": {stat: "42 (sleep) S 1 42", fail: true},
		"no name":        {stat: "", fail: true},
	}
	for name, c := range tests {
		got, err := parseStarted([]byte(c.stat))
		if got != c.want || (err != nil) != c.fail {
			t.Errorf("%s: got %d, %v", name, got, err)
		}
	}
}

// sleeper starts a process that the test owns.
func sleeper(t *testing.T) (*exec.Cmd, Process) {
	t.Helper()
	cmd := exec.Command("sleep", "60")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	p, err := Identify(cmd.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	return cmd, p
}

func TestAProcessIsKilledByItsIdentity(t *testing.T) {
	_, p := sleeper(t)
	if !p.Alive() {
		t.Fatal("the process is not recognized")
	}
	if err := p.Kill(10 * time.Second); err != nil {
		t.Fatal(err)
	}
	if p.Alive() {
		t.Error("the process is said to live after it was killed")
	}
	if err := p.Kill(time.Second); err != nil {
		t.Errorf("killing once more: %v", err)
	}
}

func TestAProcessThatOnlySharesTheIDIsLeftAlone(t *testing.T) {
	_, real := sleeper(t)
	later, elsewhere := real, real
	later.Started++
	elsewhere.Boot = "before the restart"
	for _, p := range []Process{later, elsewhere, {}} {
		if p.Alive() {
			t.Errorf("%+v is taken for %+v", p, real)
		}
		if err := p.Kill(time.Second); err != nil {
			t.Errorf("kill %+v: %v", p, err)
		}
	}
	if !real.Alive() {
		t.Error("the wrong process was killed")
	}
}

func TestHierarchies(t *testing.T) {
	tests := map[string]struct {
		mountinfo string
		want      []hierarchy
	}{
		"version 2": {
			mountinfo: "30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw\n" +
				"22 27 0:21 / /proc rw - proc proc rw\n",
			want: []hierarchy{{"/sys/fs/cgroup", true}},
		},
		"hybrid": {
			mountinfo: "31 23 0:28 / /sys/fs/cgroup ro - tmpfs tmpfs ro\n" +
				"32 31 0:29 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n" +
				"33 31 0:30 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n" +
				"34 31 0:31 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,name=systemd\n",
			want: []hierarchy{
				{"/sys/fs/cgroup/unified", false}, {"/sys/fs/cgroup/cpu,cpuacct", false}, {"/sys/fs/cgroup/systemd", false},
			},
		},
		"the same tree again elsewhere": {
			mountinfo: "33 31 0:30 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n" +
				"40 31 0:30 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n" +
				"41 31 0:30 /x /mnt/my\\040cpu rw - cgroup cgroup rw,cpu\n",
			want: []hierarchy{{"/sys/fs/cgroup/cpu", false}},
		},
		"nothing": {mountinfo: "garbage\n\n", want: nil},
	}
	for name, c := range tests {
		got := hierarchies(c.mountinfo)
		if diff := cmp.Diff(c.want, got, cmp.AllowUnexported(hierarchy{})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestRemoveTreeTakesFoldersOnly(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(dir+"/a/b/c", 0o755); err != nil {
		t.Fatal(err)
	}
	if err := removeTree(dir + "/a"); err != nil {
		t.Fatal(err)
	}
	if err := removeTree(dir + "/a"); err != nil {
		t.Errorf("once more: %v", err)
	}
	if err := os.WriteFile(dir+"/file", nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := removeTree(dir); err == nil {
		t.Error("a folder with a file in it was removed")
	}
}

func TestCgroupSettingsAreInherited(t *testing.T) {
	tree := t.TempDir()
	if err := os.WriteFile(tree+"/cpuset.cpus", []byte("0-1\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := (hierarchy{path: tree}).create("/labs/x"); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(tree + "/labs/x/cpuset.cpus")
	if err != nil || string(got) != "0-1\n" {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestNamesOfLabs(t *testing.T) {
	for name, ok := range map[string]bool{
		"tcp-operator": true, "a": true, "e2e-2": true, strings.Repeat("a", 30): true,
		"": false, "-a": false, "a-": false, "A": false, "a/b": false, "..": false, strings.Repeat("a", 31): false,
	} {
		if err := (Lab{Name: name}).Check(); (err == nil) != ok {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestTail(t *testing.T) {
	for text, want := range map[string]string{
		"":             "  ",
		"a\n":          "  a",
		"a\nb\nc\nd\n": "  c\n  d",
	} {
		if got := tail(text, 2); got != want {
			t.Errorf("tail of %q is %q, want %q", text, got, want)
		}
	}
}
