package need

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestMissing(t *testing.T) {
	yes, no := func() bool { return true }, func() bool { return false }
	got := missing([]tool{{"a", yes}, {"b", no}, {"c", no}})
	if diff := cmp.Diff([]string{"b", "c"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestWhatIsFound(t *testing.T) {
	for name, c := range map[string]struct{ got, want bool }{
		"a program":         {program("sh")(), true},
		"no such program":   {program("no-such-program")(), false},
		"a file":            {file("/etc/passwd")(), true},
		"no such file":      {file("/no/such/file")(), false},
		"a program by path": {program("chroot")(), true},
	} {
		if c.got != c.want {
			t.Errorf("%s: got %v", name, c.got)
		}
	}
}

func TestLastLine(t *testing.T) {
	for text, want := range map[string]string{"": "", "a": "a", "a\nb\n\n": "b"} {
		if got := lastLine(text); got != want {
			t.Errorf("%q: got %q", text, got)
		}
	}
}

func TestHosts(t *testing.T) {
	path := filepath.Join(t.TempDir(), "hosts")
	var said []string
	for range 2 {
		if err := hosts(path, func(line string) { said = append(said, line) }); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(path)
	if err != nil || string(text) != localhost || len(said) != 1 {
		t.Errorf("wrote %q (%v), said %q; want it written and said once", text, err, said)
	}
	if err := os.WriteFile(path, []byte("mine"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := hosts(path, func(string) {}); err != nil {
		t.Fatal(err)
	}
	if text, _ := os.ReadFile(path); string(text) != "mine" {
		t.Errorf("a hosts file that is there was overwritten with %q", text)
	}
}
