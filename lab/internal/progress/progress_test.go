package progress

import (
	"strings"
	"testing"
	"time"
)

func TestEveryLineTellsTheTime(t *testing.T) {
	var out strings.Builder
	clock := time.Unix(100, 0)
	l := New(&out, func() time.Time { return clock })
	l.Step("one")
	clock = clock.Add(1234500 * time.Millisecond)
	l.Step("two")
	if want := "[   0.0s] one\n[1234.5s] two\n"; out.String() != want {
		t.Errorf("got %q, want %q", out.String(), want)
	}
}
