package bundle

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// Bundle is where the compiled programs of one recipe are, or will be.
type Bundle struct {
	// Source holds go.mod, go.sum and the folder bundle of this module.
	Source fs.FS
	// Go is the path of the go command.
	Go string
	// Dir is the bundle's folder in the cache. It exists only when complete.
	Dir string
	// Versions of what is in it.
	Versions Versions
}

// Find works out which bundle belongs to source, without building it.
func Find(source fs.FS) (*Bundle, error) {
	gomod, err := fs.ReadFile(source, "go.mod")
	if err != nil {
		return nil, fmt.Errorf("read the sources: %w", err)
	}
	versions, err := ParseVersions(gomod)
	if err != nil {
		return nil, err
	}
	golang, err := goCommand()
	if err != nil {
		return nil, err
	}
	version, err := exec.Command(golang, "env", "GOVERSION").Output()
	if err != nil {
		return nil, fmt.Errorf("ask for Go's version: %w", err)
	}
	key, err := Key(source, string(bytes.TrimSpace(version)))
	if err != nil {
		return nil, err
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return nil, fmt.Errorf("find the cache folder: %w", err)
	}
	dir := filepath.Join(cache, "tcp-operator", "lab", key)
	return &Bundle{Source: source, Go: golang, Dir: dir, Versions: versions}, nil
}

// Bin is the folder of the programs. It also serves as envtest's assets.
func (b *Bundle) Bin() string { return filepath.Join(b.Dir, "bin") }

// Exists tells whether the bundle has been built.
func (b *Bundle) Exists() bool {
	_, err := os.Stat(b.Bin())
	return err == nil
}

// Build compiles the bundle unless it exists. Of several builds at the same
// time one compiles and the others wait for it. Progress is called with
// what goes on.
func (b *Bundle) Build(ctx context.Context, progress func(string)) error {
	if b.Exists() {
		return nil
	}
	cache := filepath.Dir(b.Dir)
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return fmt.Errorf("create the cache: %w", err)
	}
	unlock, err := lock(filepath.Join(cache, ".lock"), progress)
	if err != nil {
		return err
	}
	defer unlock()
	if b.Exists() {
		return nil
	}
	return b.buildLocked(ctx, cache, progress)
}

// buildLocked compiles into a temporary folder and renames it when it is
// complete, so that whatever interrupts it leaves nothing that looks whole.
func (b *Bundle) buildLocked(ctx context.Context, cache string, progress func(string)) error {
	if err := prune(cache, keep-1, temporary); err != nil {
		return err
	}
	work, err := os.MkdirTemp(cache, temporary)
	if err != nil {
		return fmt.Errorf("create a folder to build in: %w", err)
	}
	defer os.RemoveAll(work)
	source, result := filepath.Join(work, "source"), filepath.Join(work, "result")
	if err := os.CopyFS(source, b.Source); err != nil {
		return fmt.Errorf("lay out the sources: %w", err)
	}
	if err := os.MkdirAll(filepath.Join(result, "bin"), 0o755); err != nil {
		return fmt.Errorf("create the folder for the programs: %w", err)
	}
	for _, g := range recipe {
		if err := b.compile(ctx, g, source, filepath.Join(result, "bin"), progress); err != nil {
			return err
		}
	}
	for _, name := range names {
		if err := os.Symlink("kubernetes", filepath.Join(result, "bin", name)); err != nil {
			return fmt.Errorf("name the program: %w", err)
		}
	}
	if err := os.Chmod(result, 0o755); err != nil {
		return err
	}
	if err := os.Rename(result, b.Dir); err != nil {
		return fmt.Errorf("put the programs in place: %w", err)
	}
	return nil
}

// lock waits until no other process builds in the cache. The kernel drops
// the lock with the process that holds it.
func lock(path string, progress func(string)) (func(), error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, fmt.Errorf("open the cache's lock: %w", err)
	}
	err = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		progress("another build is under way, waiting for it")
		for err = unix.EINTR; errors.Is(err, unix.EINTR); {
			err = unix.Flock(int(f.Fd()), unix.LOCK_EX)
		}
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("lock the cache: %w", err), f.Close())
	}
	return func() { _ = f.Close() }, nil
}

// goCommand finds go where sudo's shorter PATH may not lead.
func goCommand() (string, error) {
	if path, err := exec.LookPath("go"); err == nil {
		return path, nil
	}
	for _, root := range []string{os.Getenv("GOROOT"), "/usr/local/go", "/usr/lib/go"} {
		path := filepath.Join(root, "bin", "go")
		if info, err := os.Stat(path); root != "" && err == nil && !info.IsDir() {
			return path, nil
		}
	}
	return "", errors.New("found no go command: install Go, or add it to PATH")
}
