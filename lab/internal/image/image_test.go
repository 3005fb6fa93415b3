package image

import (
	"archive/tar"
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func binary(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "program")
	if err := os.WriteFile(path, []byte(content), 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestTheSameBinaryGivesTheSameImage(t *testing.T) {
	digest := func(s Spec) string {
		t.Helper()
		made, err := Build(s)
		if err != nil {
			t.Fatal(err)
		}
		d, err := made.Digest()
		if err != nil {
			t.Fatal(err)
		}
		return d.String()
	}
	want := digest(Spec{Binary: binary(t, "x"), Entrypoint: "/manager"})
	if got := digest(Spec{Binary: binary(t, "x"), Entrypoint: "/manager"}); got != want {
		t.Errorf("got %s and %s", want, got)
	}
	for name, s := range map[string]Spec{
		"content": {Binary: binary(t, "y"), Entrypoint: "/manager"},
		"path":    {Binary: binary(t, "x"), Entrypoint: "/other"},
		"user":    {Binary: binary(t, "x"), Entrypoint: "/manager", User: "0"},
	} {
		if digest(s) == want {
			t.Errorf("another %s gives the same image", name)
		}
	}
}

func TestTheImageRunsTheBinaryAsNobody(t *testing.T) {
	made, err := Build(Spec{Binary: binary(t, "x"), Entrypoint: "/manager"})
	if err != nil {
		t.Fatal(err)
	}
	file, err := made.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"/manager"}, file.Config.Entrypoint); diff != "" {
		t.Errorf("entrypoint (-want +got):\n%s", diff)
	}
	if file.Config.User != Nobody || file.OS != "linux" {
		t.Errorf("user %q, OS %q", file.Config.User, file.OS)
	}
}

func TestTheArchiveHoldsTheWayToTheBinary(t *testing.T) {
	content, err := archive("/usr/bin/app", []byte("x"))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for r := tar.NewReader(bytes.NewReader(content)); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, h.Name)
	}
	if diff := cmp.Diff([]string{"usr/", "usr/bin/", "usr/bin/app"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestAnImageIsReadBackAsItWasWritten(t *testing.T) {
	made, err := Build(Spec{Binary: binary(t, "x"), Entrypoint: "/manager"})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "image.tar")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(Write(file, made, "example.com/app:dev"), file.Close()); err != nil {
		t.Fatal(err)
	}
	read, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	want, _ := made.ConfigName()
	if got, err := read.ConfigName(); got != want || err != nil {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
}

func TestSpecsThatMakeNoImage(t *testing.T) {
	path := binary(t, "x")
	for name, s := range map[string]Spec{
		"no such binary":        {Binary: path + "x", Entrypoint: "/app"},
		"a relative entrypoint": {Binary: path, Entrypoint: "app"},
		"no file's entrypoint":  {Binary: path, Entrypoint: "/"},
	} {
		if _, err := Build(s); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
}
