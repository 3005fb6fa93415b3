package client

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestFailuresAreCutBetweenCharacters(t *testing.T) {
	tests := []struct {
		name, text string
		want       int
	}{
		{"short", "refused", 7},
		{"just fits", strings.Repeat("x", messageBytes), messageBytes},
		{"one byte too many", strings.Repeat("x", messageBytes+1), messageBytes},
		{"the cut falls between characters", strings.Repeat("世", 256/4) + strings.Repeat("x", 100), messageBytes},
		{"the cut falls into a character", "x" + strings.Repeat("世", messageBytes), messageBytes},
		{"of two bytes", "x" + strings.Repeat("é", messageBytes), messageBytes - 1},
		{"of four bytes", "x" + strings.Repeat("🙂", messageBytes), messageBytes - 3},
	}
	for _, tt := range tests {
		got := bounded(tt.text)
		if len(got) != tt.want || !strings.HasPrefix(tt.text, got) || !utf8.ValidString(got) {
			t.Errorf("%s: %d bytes, %q", tt.name, len(got), got)
		}
	}
	if got := bounded(strings.Repeat("\x80", 2*messageBytes)); len(got) > messageBytes || len(got) < messageBytes-utf8.UTFMax {
		t.Errorf("what is not UTF-8: %d bytes", len(got))
	}
}
