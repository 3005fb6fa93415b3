// Package bundle compiles the programs of the node, once, into the user's
// cache.
package bundle

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"runtime"
	"slices"
	"strings"
)

// A group of packages that one run of the compiler builds.
type group struct {
	what     string
	cgo      bool
	packages []string
}

// recipe lists what is built. The tool directives of go.mod name the same
// upstream packages, which is what keeps their versions pinned.
var recipe = []group{
	{what: "Kubernetes, etcd, containerd, CoreDNS", packages: []string{
		"./bundle/kubernetes",
		"./bundle/coredns",
		"./bundle/pause",
		"github.com/containerd/containerd/v2/cmd/containerd",
		"github.com/containerd/containerd/v2/cmd/containerd-shim-runc-v2",
		"github.com/containerd/containerd/v2/cmd/ctr",
		"github.com/containernetworking/plugins/plugins/ipam/host-local",
		"github.com/containernetworking/plugins/plugins/main/ptp",
	}},
	// runc enters namespaces in C, before Go's runtime starts. Without
	// libseccomp no pod with the RuntimeDefault profile would start.
	{what: "runc", cgo: true, packages: []string{"github.com/opencontainers/runc"}},
}

// names are those that the binary bundle/kubernetes answers to.
var names = []string{
	"etcd", "kube-apiserver", "kube-controller-manager", "kube-proxy", "kube-scheduler", "kubectl", "kubelet",
}

// tags leave out what the lab does not use: file systems that need C
// libraries, and the manual pages of command lines.
const tags = "bundle,seccomp,grpcnotrace,no_btrfs,no_devmapper,no_zfs,urfave_cli_no_docs"

// flags are the compiler's, the same for every group.
func flags(v Versions) []string {
	return []string{
		"-mod=readonly", "-buildvcs=false", "-trimpath", "-tags=" + tags, "-ldflags=" + stamp(v.Kubernetes),
	}
}

// stamp makes the programs tell their version, which upstream leaves to
// whoever links them. Without symbols they take a third less space.
func stamp(version string) string {
	parts := strings.Split(strings.TrimPrefix(version, "v"), ".")
	out := []string{"-s", "-w"}
	for _, pkg := range []string{"k8s.io/component-base/version", "k8s.io/client-go/pkg/version"} {
		out = append(out, "-X="+pkg+".gitVersion="+version)
		if len(parts) > 1 {
			out = append(out, "-X="+pkg+".gitMajor="+parts[0], "-X="+pkg+".gitMinor="+parts[1])
		}
	}
	return strings.Join(out, " ")
}

// Key names the result of building source with one version of Go: it
// changes whenever the programs might.
func Key(source fs.FS, goVersion string) (string, error) {
	h := sha256.New()
	fmt.Fprintf(h, "%s %s/%s\n%s\n%v\n%v\n", goVersion, runtime.GOOS, runtime.GOARCH, tags, recipe, names)
	var files []string
	err := fs.WalkDir(source, ".", func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			files = append(files, path)
		}
		return err
	})
	if err != nil {
		return "", fmt.Errorf("list the sources: %w", err)
	}
	slices.Sort(files)
	for _, path := range files {
		if err := hashFile(h, source, path); err != nil {
			return "", fmt.Errorf("hash the sources: %w", err)
		}
	}
	return hex.EncodeToString(h.Sum(nil))[:16], nil
}

func hashFile(h io.Writer, source fs.FS, path string) error {
	content, err := fs.ReadFile(source, path)
	if err != nil {
		return err
	}
	fmt.Fprintf(h, "%s %d\n", path, len(content))
	_, err = h.Write(content)
	return err
}
