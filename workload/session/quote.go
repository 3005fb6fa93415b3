package session

import (
	"fmt"
	"strconv"
	"unicode/utf8"
)

// quotedBytes is how much of a message a log line shows.
const quotedBytes = 256

// Quote renders a peer's bytes for a log line: in single quotes, with
// everything that is not plain printable text escaped as in Go, and cut after
// 256 bytes. The result has no line break, no control character and no
// terminal escape, whatever the peer sent.
func Quote(p []byte) string {
	var cut int
	if len(p) > quotedBytes {
		p, cut = p[:quotedBytes], len(p)-quotedBytes
	}
	b := make([]byte, 0, len(p)+2)
	b = append(b, '\'')
	for len(p) > 0 {
		r, size := utf8.DecodeRune(p)
		switch {
		case r == utf8.RuneError && size == 1:
			b = fmt.Appendf(b, `\x%02x`, p[0])
		case r == '\'' || r == '\\':
			b = append(b, '\\', byte(r))
		case strconv.IsPrint(r):
			b = utf8.AppendRune(b, r)
		default:
			quoted := strconv.AppendQuoteRune(nil, r)
			b = append(b, quoted[1:len(quoted)-1]...)
		}
		p = p[size:]
	}
	b = append(b, '\'')
	if cut > 0 {
		b = fmt.Appendf(b, "... (%d bytes more)", cut)
	}
	return string(b)
}
