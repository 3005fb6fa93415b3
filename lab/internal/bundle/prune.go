package bundle

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

const (
	keep      = 2          // Bundles kept in the cache, the newest.
	temporary = "building" // How the names of unfinished ones start.
)

// entry is one folder of the cache.
type entry struct {
	name    string
	changed time.Time
}

// superfluous picks the names to remove: all that interrupted builds left,
// and of the complete ones all but the newest.
func superfluous(entries []entry, newest int, unfinished string) []string {
	var out []string
	var whole []entry
	for _, e := range entries {
		if strings.HasPrefix(e.name, unfinished) {
			out = append(out, e.name)
		} else {
			whole = append(whole, e)
		}
	}
	slices.SortFunc(whole, func(a, b entry) int { return cmp.Compare(b.changed.UnixNano(), a.changed.UnixNano()) })
	for _, e := range whole[min(newest, len(whole)):] {
		out = append(out, e.name)
	}
	return out
}

// prune removes what is superfluous. The caller holds the cache's lock, so
// that nothing unfinished is anybody's.
func prune(cache string, newest int, unfinished string) error {
	found, err := os.ReadDir(cache)
	if err != nil {
		return fmt.Errorf("list the cache: %w", err)
	}
	var entries []entry
	for _, f := range found {
		info, err := f.Info()
		if err != nil || !f.IsDir() {
			continue
		}
		entries = append(entries, entry{f.Name(), info.ModTime()})
	}
	for _, name := range superfluous(entries, newest, unfinished) {
		if err := os.RemoveAll(filepath.Join(cache, name)); err != nil {
			return fmt.Errorf("prune the cache: %w", err)
		}
	}
	return nil
}
