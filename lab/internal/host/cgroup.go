package host

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// cgroupParent holds the cgroups of all labs, in every hierarchy.
const cgroupParent = "/tcp-operator-lab"

// hierarchy is one mounted tree of cgroups. Machines have one (version 2),
// several (version 1), or both.
type hierarchy struct {
	path string
	// unified: the only one, in version 2. Beside version 1 hierarchies the
	// second version's has no controllers that anything here uses.
	unified bool
}

// hierarchies finds them in the text of /proc/self/mountinfo.
func hierarchies(mountinfo string) []hierarchy {
	var out []hierarchy
	for line := range strings.Lines(mountinfo) {
		before, after, ok := strings.Cut(line, " - ")
		place, kind := strings.Fields(before), strings.Fields(after)
		if !ok || len(place) < 5 || len(kind) < 1 || !strings.HasPrefix(kind[0], "cgroup") {
			continue
		}
		h := hierarchy{path: unescape(place[4])}
		h.unified = kind[0] == "cgroup2" && h.path == "/sys/fs/cgroup"
		// Bind mounts elsewhere show the same trees again.
		if strings.HasPrefix(h.path, "/sys/fs/cgroup") && !slices.Contains(out, h) {
			out = append(out, h)
		}
	}
	return out
}

// unescape undoes how the kernel writes white space in paths.
func unescape(s string) string {
	return strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`).Replace(s)
}

func mountedHierarchies() ([]hierarchy, error) {
	text, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return nil, fmt.Errorf("read the mount table: %w", err)
	}
	found := hierarchies(string(text))
	if len(found) == 0 {
		return nil, errors.New("no cgroups are mounted below /sys/fs/cgroup")
	}
	return found, nil
}

// createCgroups makes the cgroup that all pods of a lab live below.
func createCgroups(root string) error {
	trees, err := mountedHierarchies()
	if err != nil {
		return err
	}
	for _, h := range trees {
		if err := h.create(root); err != nil {
			return fmt.Errorf("create the cgroup %s in %s: %w", root, h.path, err)
		}
	}
	return nil
}

// create makes each level, and what a level below needs of the one above.
func (h hierarchy) create(root string) error {
	at := h.path
	for _, part := range strings.Split(strings.Trim(root, "/"), "/") {
		if h.unified {
			enableControllers(at)
		}
		parent := at
		at = filepath.Join(at, part)
		if err := os.Mkdir(at, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
		for _, file := range []string{"cpuset.cpus", "cpuset.mems"} {
			if err := inherit(parent, at, file); !h.unified && err != nil {
				return err
			}
		}
	}
	if h.unified {
		enableControllers(at)
	}
	return nil
}

// enableControllers lets the children of a version 2 cgroup limit what the
// kubelet limits. Each is tried by itself: one may belong to a version 1
// hierarchy, and the kubelet says best what it lacks.
func enableControllers(at string) {
	for _, controller := range []string{"cpuset", "cpu", "io", "memory", "hugetlb", "pids"} {
		_ = os.WriteFile(filepath.Join(at, "cgroup.subtree_control"), []byte("+"+controller), 0)
	}
}

// inherit copies a setting that starts empty in version 1, where an empty
// one keeps processes from joining.
func inherit(from, to, file string) error {
	value, err := os.ReadFile(filepath.Join(from, file))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(to, file), value, 0)
}

// removeCgroups removes the lab's cgroup in every hierarchy. The processes
// in them are gone, but the kernel may take a moment to notice.
func removeCgroups(root string, patience time.Duration) error {
	trees, err := mountedHierarchies()
	if err != nil {
		return err
	}
	deadline := time.Now().Add(patience)
	for _, h := range trees {
		for {
			err := removeTree(filepath.Join(h.path, root))
			if err == nil {
				break
			}
			if time.Now().After(deadline) {
				return fmt.Errorf("remove cgroup: %w", err)
			}
			time.Sleep(20 * time.Millisecond)
		}
		// The last lab takes the parent along; others keep it.
		_ = unix.Rmdir(filepath.Join(h.path, path.Dir(root)))
	}
	return nil
}

// removeTree removes folders only, innermost first: the files in them are
// the kernel's, and go with them.
func removeTree(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.IsDir() {
			if err := removeTree(filepath.Join(dir, e.Name())); err != nil {
				return err
			}
		}
	}
	if err := unix.Rmdir(dir); err != nil && !errors.Is(err, unix.ENOENT) {
		return fmt.Errorf("%s: %w", dir, err)
	}
	return nil
}
