package host

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"tcp-operator.io/lab/internal/image"
)

// LoadImage puts an image into the lab's containerd under the name ref. One
// that is there already is not sent again.
func (l Lab) LoadImage(made v1.Image, ref string, progress func(string)) error {
	id, err := made.ConfigName()
	if err != nil {
		return fmt.Errorf("identify the image: %w", err)
	}
	if _, err := l.Running(); err != nil {
		return err
	}
	if note, err := os.ReadFile(l.loaded(ref)); err == nil && string(note) == id.String() {
		progress(ref + " is loaded already")
		return nil
	}
	read, write := io.Pipe()
	go func() { _ = write.CloseWithError(image.Write(write, made, ref)) }()
	if err := l.load(read, progress); err != nil {
		return errors.Join(err, read.Close())
	}
	path := l.loaded(ref)
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(id.String()), 0o644)); err != nil {
		return fmt.Errorf("note the image: %w", err)
	}
	return nil
}

// LoadArchive puts the images of a tar file into the lab's containerd under
// their own names.
func (l Lab) LoadArchive(file io.Reader, progress func(string)) error {
	return l.load(file, progress)
}

// loaded is the file that notes what was loaded under a name. Images are
// never collected, so the note holds for as long as the lab lives.
func (l Lab) loaded(ref string) string {
	sum := sha256.Sum256([]byte(ref))
	return filepath.Join(l.Dir(), "images", hex.EncodeToString(sum[:8]))
}

// load imports what containerd understands from a reader.
func (l Lab) load(from io.Reader, progress func(string)) error {
	cmd, err := l.Command("ctr", "--namespace=k8s.io", "images", "import", "-")
	if err != nil {
		return err
	}
	var out bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = from, &out, &out
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("import the image: %w\n%s", err, tail(out.String(), 10))
	}
	progress(strings.Join(strings.Fields("loaded "+out.String()), " "))
	return nil
}
