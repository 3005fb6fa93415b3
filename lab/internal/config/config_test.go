package config

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden compares with a file of testdata.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

var example = Node{Name: "example", CgroupRoot: "/labs/example"}

func TestFilesOfANode(t *testing.T) {
	files, err := Files(example)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range files {
		golden(t, strings.ReplaceAll(name, "/", "_"), text)
	}
	var cni map[string]any
	if err := json.Unmarshal(files["cni/10-lab.conflist"], &cni); err != nil {
		t.Errorf("the CNI's configuration: %v", err)
	}
}

func TestCommandLines(t *testing.T) {
	var out strings.Builder
	for _, c := range []Component{
		Etcd(), Containerd(), APIServer(), ControllerManager(), Scheduler(), Proxy(example), Kubelet(example), DNS(),
	} {
		out.WriteString(c.Name + "\n  " + strings.Join(c.Args, "\n  ") + "\n  > " + c.LogFile() + "\n")
	}
	golden(t, "commands.txt", []byte(out.String()))
}

func TestHostKubeconfig(t *testing.T) {
	text, err := HostKubeconfig("example", "127.0.0.1:1234", []byte("ca"), []byte("cert"), []byte("key"))
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "host.kubeconfig", text)
}

func TestASnapshotterThatIsGivenIsUsed(t *testing.T) {
	files, err := Files(Node{Name: "example", CgroupRoot: "/x", Snapshotter: "native"})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(files["containerd.toml"]), `snapshotter = "native"`) {
		t.Error("containerd is not told the snapshotter")
	}
}
