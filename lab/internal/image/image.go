// Package image makes container images of single static binaries, without a
// registry or a container engine.
package image

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"runtime"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

// Nobody is a user and group without a name or rights.
const Nobody = "65532:65532"

// Spec describes an image of one static binary and nothing else.
type Spec struct {
	Binary     string // Path of the binary on this machine.
	Entrypoint string // Path of the binary in the image. Absolute.
	User       string // As in "65532:65532". Zero means Nobody.
}

// Build makes the image. The same binary gives the same image, bit for bit.
func Build(s Spec) (v1.Image, error) {
	if !path.IsAbs(s.Entrypoint) || path.Clean(s.Entrypoint) == "/" {
		return nil, fmt.Errorf("the entrypoint %q is not an absolute path of a file", s.Entrypoint)
	}
	content, err := os.ReadFile(s.Binary)
	if err != nil {
		return nil, fmt.Errorf("read the binary: %w", err)
	}
	files, err := archive(s.Entrypoint, content)
	if err != nil {
		return nil, err
	}
	// Nothing is sent over a network, so compressing only takes time.
	layer, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(files)), nil
	}, tarball.WithCompressionLevel(gzip.NoCompression))
	if err != nil {
		return nil, fmt.Errorf("make the layer: %w", err)
	}
	image, err := mutate.AppendLayers(empty.Image, layer)
	if err != nil {
		return nil, fmt.Errorf("append the layer: %w", err)
	}
	return configure(image, s)
}

func configure(image v1.Image, s Spec) (v1.Image, error) {
	file, err := image.ConfigFile()
	if err != nil {
		return nil, fmt.Errorf("read the image's configuration: %w", err)
	}
	file = file.DeepCopy()
	file.OS, file.Architecture = "linux", runtime.GOARCH
	file.Config = v1.Config{Entrypoint: []string{s.Entrypoint}, User: s.User, WorkingDir: "/"}
	if s.User == "" {
		file.Config.User = Nobody
	}
	image, err = mutate.ConfigFile(image, file)
	if err != nil {
		return nil, fmt.Errorf("set the image's configuration: %w", err)
	}
	return image, nil
}

// archive is a tar file of the binary and the folders that lead to it.
func archive(at string, content []byte) ([]byte, error) {
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	headers := folders(at)
	headers = append(headers, tar.Header{
		Typeflag: tar.TypeReg, Name: strings.TrimPrefix(path.Clean(at), "/"), Mode: 0o755, Size: int64(len(content)),
	})
	for _, h := range headers {
		h.ModTime = time.Unix(0, 0)
		if err := w.WriteHeader(&h); err != nil {
			return nil, fmt.Errorf("write the layer: %w", err)
		}
	}
	_, err := w.Write(content)
	if err := errors.Join(err, w.Close()); err != nil {
		return nil, fmt.Errorf("write the layer: %w", err)
	}
	return out.Bytes(), nil
}

func folders(at string) []tar.Header {
	var out []tar.Header
	parts := strings.Split(strings.Trim(path.Clean(at), "/"), "/")
	for i := range parts[1:] {
		name := strings.Join(parts[:i+1], "/") + "/"
		out = append(out, tar.Header{Typeflag: tar.TypeDir, Name: name, Mode: 0o755})
	}
	return out
}

// Open reads the only image of a tar file as `docker save` writes it.
func Open(file string) (v1.Image, error) {
	image, err := tarball.ImageFromPath(file, nil)
	if err != nil {
		return nil, fmt.Errorf("read the image: %w", err)
	}
	return image, nil
}

// Write writes the image as a tar file that containerd can import, under
// the name ref.
func Write(w io.Writer, image v1.Image, ref string) error {
	tag, err := name.NewTag(ref)
	if err != nil {
		return fmt.Errorf("name the image: %w", err)
	}
	if err := tarball.Write(tag, image, w); err != nil {
		return fmt.Errorf("write the image: %w", err)
	}
	return nil
}
