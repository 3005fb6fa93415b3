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
	var archive bytes.Buffer
	if err := image.Write(&archive, made, ref); err != nil {
		return err
	}
	if err := l.load(&archive); err != nil {
		return err
	}
	path := l.loaded(ref)
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(id.String()), 0o644)); err != nil {
		return fmt.Errorf("note the image: %w", err)
	}
	progress("loaded " + ref)
	return nil
}

// LoadArchive puts the images of a tar file into the lab's containerd under
// their own names.
func (l Lab) LoadArchive(file io.Reader, progress func(string)) error {
	if err := l.load(file); err != nil {
		return err
	}
	progress("loaded the images of the tar file")
	return nil
}

// loaded is the file that notes what was loaded under a name. Images are
// never collected, so the note holds for as long as the lab lives.
func (l Lab) loaded(ref string) string {
	sum := sha256.Sum256([]byte(ref))
	return filepath.Join(l.Dir(), "images", hex.EncodeToString(sum[:8]))
}

// load imports what containerd understands from a reader.
func (l Lab) load(from io.Reader) error {
	var out bytes.Buffer
	if err := l.Run(from, &out, &out, "ctr", "--namespace=k8s.io", "images", "import", "-"); err != nil {
		return fmt.Errorf("import the image: %w\n%s", err, tail(out.String(), 10))
	}
	return nil
}
