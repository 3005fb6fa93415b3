// Package need finds out what the machine lacks, and installs it where it
// may.
package need

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// Space that compiling for the first time takes: the compiler's own cache
// and the modules are most of it.
const Space = 8 << 30

// A tool is something that comes with a Debian package.
type tool struct {
	pkg   string
	found func() bool
}

// building lists what compiling runc takes, running what kube-proxy calls.
var (
	building = []tool{
		{"gcc", program("gcc")},
		{"libc6-dev", file("/usr/include/stdio.h")},
		{"pkg-config", program("pkg-config")},
		{"libseccomp-dev", file("/usr/include/seccomp.h")},
	}
	running = []tool{{"nftables", program("nft")}}
)

// ToBuild makes sure that the bundle can be compiled.
func ToBuild(ctx context.Context, dir string, progress func(string)) error {
	if runtime.GOOS != "linux" {
		return errors.New("the lab runs on Linux only: use a Linux machine or a virtual one")
	}
	if err := space(dir); err != nil {
		return err
	}
	return install(ctx, missing(building), progress)
}

// ToRun makes sure that a lab can be started.
func ToRun(ctx context.Context, progress func(string)) error {
	if err := Root(); err != nil {
		return err
	}
	if err := install(ctx, missing(running), progress); err != nil {
		return err
	}
	return hosts("/etc/hosts", progress)
}

// localhost is what every installed system has in its hosts file.
const localhost = "127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n"

// hosts makes the hosts file that a bare system lacks: containerd gives pods
// a copy of it, and starts none without.
func hosts(path string, progress func(string)) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("write %s, which this machine lacks: %w", path, err)
	}
	progress("writing " + path + ", which this machine lacks")
	_, err = f.WriteString(localhost)
	return errors.Join(err, f.Close())
}

// Root is needed for namespaces, mounts and cgroups.
func Root() error {
	if runtime.GOOS != "linux" {
		return errors.New("the lab runs on Linux only: use a Linux machine or a virtual one")
	}
	if os.Geteuid() != 0 {
		return errors.New("the lab needs root for its namespaces: run it with sudo")
	}
	return nil
}

// space checks the file system that dir is or will be on.
func space(dir string) error {
	for ; dir != "/"; dir = filepath.Dir(dir) {
		if _, err := os.Stat(dir); err == nil {
			break
		}
	}
	var stat unix.Statfs_t
	if err := unix.Statfs(dir, &stat); err != nil {
		return fmt.Errorf("measure the space below %s: %w", dir, err)
	}
	if free := stat.Bavail * uint64(stat.Bsize); free < Space {
		return fmt.Errorf("compiling takes up to %d GB below %s, where %.1f GB are free: make room, or set XDG_CACHE_HOME and GOCACHE",
			Space>>30, dir, float64(free)/(1<<30))
	}
	return nil
}

func missing(tools []tool) []string {
	var packages []string
	for _, t := range tools {
		if !t.found() {
			packages = append(packages, t.pkg)
		}
	}
	return packages
}

func program(name string) func() bool {
	return func() bool {
		if _, err := exec.LookPath(name); err == nil {
			return true
		}
		// Where a user's PATH may not lead, but the lab's own does.
		_, err := os.Stat(filepath.Join("/usr/sbin", name))
		return err == nil
	}
}

func file(path string) func() bool {
	return func() bool {
		_, err := os.Stat(path)
		return err == nil
	}
}

// install adds Debian packages, or says which a person has to add.
func install(ctx context.Context, packages []string, progress func(string)) error {
	if len(packages) == 0 {
		return nil
	}
	list := strings.Join(packages, " ")
	apt, err := exec.LookPath("apt-get")
	if err != nil || os.Geteuid() != 0 {
		return fmt.Errorf("missing software: install what Debian calls %s", list)
	}
	progress("installing " + list)
	// A new machine has no package lists yet, and old ones may name what is
	// gone; but fetching them anew takes longer than the packages do.
	if run(ctx, apt, append(slices.Clone(quietly), packages...)...) == nil {
		return nil
	}
	progress("updating the package lists")
	if err := run(ctx, apt, "update"); err != nil {
		return fmt.Errorf("update the package lists: %w", err)
	}
	if err := run(ctx, apt, append(slices.Clone(quietly), packages...)...); err != nil {
		return fmt.Errorf("install %s: %w", list, err)
	}
	return nil
}

var quietly = []string{"install", "--yes", "--no-install-recommends"}

func run(ctx context.Context, path string, args ...string) error {
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s", err, lastLine(string(out)))
	}
	return nil
}

func lastLine(s string) string {
	s = strings.TrimSpace(s)
	return s[strings.LastIndexByte(s, '\n')+1:]
}
