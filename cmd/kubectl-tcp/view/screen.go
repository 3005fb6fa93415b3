package view

import (
	"fmt"
	"strings"
)

// Clear empties a terminal before the first Screen.
const Clear = "\x1b[H\x1b[2J"

// Screen is what to write to a terminal of a size so that it shows head, table
// and foot in place of the last Screen. Each line clears its own rest, and the
// last one what is below: nothing is blank in between. Lines are cut at the
// width and rows at the height, so that the terminal does not scroll; a size of
// 0 cuts nothing. Text must not hold escape sequences.
func Screen(head []string, table string, foot []string, width, height int) string {
	rows := strings.Split(strings.TrimSuffix(table, "\n"), "\n")
	// One line is for the cursor.
	if room := height - 1 - len(head) - len(foot); height > 0 && len(rows) > room {
		room = max(2, room)
		if len(rows) > room {
			hidden := len(rows) - (room - 1)
			rows = append(rows[:room-1:room-1], fmt.Sprintf("and %d more: make the window higher, or name a resource", hidden))
		}
	}
	var out strings.Builder
	out.WriteString("\x1b[H")
	for _, part := range [][]string{head, rows, foot} {
		for _, line := range part {
			out.WriteString(cut(line, width) + "\x1b[K\n")
		}
	}
	out.WriteString("\x1b[J")
	return out.String()
}

func cut(line string, width int) string {
	if runes := []rune(line); width > 0 && len(runes) > width {
		return string(runes[:width])
	}
	return line
}
