package need

import (
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
