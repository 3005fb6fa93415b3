package snapshot

import (
	"bytes"
	"encoding/json"
	"errors"
)

// errTooMany ends the reading of a list or map that has more entries than any
// workload writes.
var errTooMany = errors.New("too many entries")

// list is an array in JSON. Its elements are decoded one by one, and none
// beyond most: the two bytes of an empty object become hundreds in memory, so
// that the bytes of a body bound little.
type list[T any] struct {
	most  int
	items []T
}

// UnmarshalJSON implements json.Unmarshaler. Of several arrays of one name the
// last one counts, as with encoding/json's own.
func (l *list[T]) UnmarshalJSON(text []byte) error {
	decoder := json.NewDecoder(bytes.NewReader(text))
	switch begin, err := decoder.Token(); {
	case err != nil || begin == nil: // null is no array, and no error
		return err
	case begin != json.Delim('['):
		return errors.New("no array")
	}
	l.items = []T{}
	for decoder.More() {
		if len(l.items) == l.most {
			return errTooMany
		}
		var item T
		if err := decoder.Decode(&item); err != nil {
			return err
		}
		l.items = append(l.items, item)
	}
	return nil
}

// counts are counters by reason.
type counts map[Reason]int64

// maxCounts leaves room for reasons that a newer workload knows.
const maxCounts = 64

// UnmarshalJSON implements json.Unmarshaler. Every entry has a colon.
func (c *counts) UnmarshalJSON(text []byte) error {
	if bytes.Count(text, []byte{':'}) > maxCounts {
		return errTooMany
	}
	return json.Unmarshal(text, (*map[Reason]int64)(c))
}
