package host

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
	"tcp-operator.io/lab/internal/bundle"
	"tcp-operator.io/lab/internal/config"
	"tcp-operator.io/lab/internal/image"
	"tcp-operator.io/lab/internal/pki"
)

// prepare fills an empty state directory with all that the inside needs.
// address is where the API server will be reached from this machine.
func (l Lab) prepare(b *bundle.Bundle, address string) (config.Node, error) {
	node := config.Node{Name: l.Name, CgroupRoot: l.cgroup(), Snapshotter: snapshotter(l.Dir())}
	// Missing folders of /var inside would be created by whoever needs
	// them; these by nobody.
	for _, dir := range []string{"bin", "etc", "pki", "log", "fixed", "var/lib", "var/log", "var/tmp"} {
		if err := os.MkdirAll(filepath.Join(l.Dir(), dir), 0o755); err != nil {
			return node, fmt.Errorf("lay out the state directory: %w", err)
		}
	}
	// As on the machine itself, so that both names lead to the same place.
	if err := os.Symlink("/run", filepath.Join(l.Dir(), "var", "run")); err != nil {
		return node, fmt.Errorf("lay out the state directory: %w", err)
	}
	keys, err := pki.Cluster{
		Node: l.Name,
		Names: []string{
			"localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc",
			"kubernetes.default.svc." + config.ClusterDomain,
		},
		Addresses: []net.IP{
			net.IPv4(127, 0, 0, 1), net.ParseIP(config.NodeAddress), net.ParseIP(config.APIServiceAddress),
		},
	}.Files(time.Now())
	if err != nil {
		return node, err
	}
	files, err := config.Files(node)
	if err != nil {
		return node, err
	}
	if files["pause.tar"], err = pause(b); err != nil {
		return node, err
	}
	kubeconfig, err := config.HostKubeconfig(l.Name, address, keys["ca.crt"], keys["admin.crt"], keys["admin.key"])
	if err != nil {
		return node, err
	}
	for dir, content := range map[string]map[string][]byte{"pki": keys, "etc": files, ".": {"kubeconfig": kubeconfig}} {
		if err := write(filepath.Join(l.Dir(), dir), content); err != nil {
			return node, err
		}
	}
	return node, nil
}

func write(dir string, files map[string][]byte) error {
	for name, content := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return fmt.Errorf("write %s: %w", path, err)
		}
		if err := os.WriteFile(path, content, 0o600); err != nil {
			return fmt.Errorf("write %s: %w", path, err)
		}
	}
	return nil
}

// pause makes the image of the process that holds a pod's namespaces.
func pause(b *bundle.Bundle) ([]byte, error) {
	made, err := image.Build(image.Spec{Binary: filepath.Join(b.Bin(), "pause"), Entrypoint: "/pause"})
	if err != nil {
		return nil, fmt.Errorf("make the pause image: %w", err)
	}
	var out bytes.Buffer
	if err := image.Write(&out, made, config.PauseImage); err != nil {
		return nil, fmt.Errorf("make the pause image: %w", err)
	}
	return out.Bytes(), nil
}

// snapshotter picks how containerd lays out containers' files: an overlay
// cannot lie on another, as on machines that are containers themselves.
func snapshotter(dir string) string {
	var fs unix.Statfs_t
	if err := unix.Statfs(dir, &fs); err == nil && fs.Type == unix.OVERLAYFS_SUPER_MAGIC {
		return "native"
	}
	return "overlayfs"
}
