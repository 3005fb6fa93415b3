// Package framing cuts a stream of bytes into messages and wraps messages for
// sending. It is pure, holds no bytes, and knows no connection.
package framing

import (
	"bytes"
	"encoding/binary"
	"errors"
	"unicode/utf8"

	"tcp-operator.io/workload/spec"
)

// ErrTooLarge says that a message is larger than the limit, or announces to be.
var ErrTooLarge = errors.New("framing: message is too large")

// prefixBytes is the size of LengthPrefixed's length.
const prefixBytes = 4

// A Framer cuts and wraps messages one way. It is a value without state: the
// caller holds the bytes.
type Framer struct {
	Kind spec.Framing
	// Limit is the size of the largest message in bytes, framing not counted.
	Limit int
}

// Framed reports whether messages have a mark of their own, so that one may
// be unfinished. Without it, what a read returns is a message.
func (f Framer) Framed() bool { return f.Kind != spec.FramingNone }

// Next finds the first message of buf. It returns the message, a part of buf,
// and how many bytes of buf it and its framing take; 0 means that it is not
// complete. The first seen bytes of buf were given before and held no
// message: they are not looked at again.
func (f Framer) Next(buf []byte, seen int) (message []byte, size int, err error) {
	switch f.Kind {
	case spec.FramingLine:
		return f.nextLine(buf, seen)
	case spec.FramingLengthPrefixed:
		return f.nextPrefixed(buf)
	default:
		n := len(buf) - cutRune(buf)
		return buf[:n], n, nil
	}
}

func (f Framer) nextLine(buf []byte, seen int) ([]byte, int, error) {
	end := bytes.IndexByte(buf[seen:], '\n')
	if end < 0 {
		// A CR at the end may belong to a CRLF: it does not count yet.
		if len(bytes.TrimSuffix(buf, []byte{'\r'})) > f.Limit {
			return nil, 0, ErrTooLarge
		}
		return nil, 0, nil
	}
	end += seen
	line := bytes.TrimSuffix(buf[:end], []byte{'\r'})
	if len(line) > f.Limit {
		return nil, 0, ErrTooLarge
	}
	return line, end + 1, nil
}

func (f Framer) nextPrefixed(buf []byte) ([]byte, int, error) {
	if len(buf) < prefixBytes {
		return nil, 0, nil
	}
	length := uint64(binary.BigEndian.Uint32(buf))
	if length > uint64(f.Limit) {
		return nil, 0, ErrTooLarge
	}
	end := prefixBytes + int(length)
	if len(buf) < end {
		return nil, 0, nil
	}
	return buf[prefixBytes:end], end, nil
}

// cutRune returns how many bytes at the end of buf, at most 3, begin a UTF-8
// character that the end of a read has cut off.
func cutRune(buf []byte) int {
	for n := 1; n < utf8.UTFMax && n <= len(buf); n++ {
		tail := buf[len(buf)-n:]
		if utf8.RuneStart(tail[0]) {
			if utf8.FullRune(tail) {
				return 0
			}
			return n
		}
	}
	return 0
}

// Append appends message to b as the peer expects it.
func (f Framer) Append(b, message []byte) []byte {
	switch f.Kind {
	case spec.FramingLine:
		return append(append(b, message...), '\n')
	case spec.FramingLengthPrefixed:
		b = binary.BigEndian.AppendUint32(b, uint32(len(message)))
	}
	return append(b, message...)
}
