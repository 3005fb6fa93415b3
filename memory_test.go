package main

import (
	"math"
	"runtime/debug"
	"testing"
)

func TestTheMemoryLimitFollowsTheContainers(t *testing.T) {
	const unlimited = math.MaxInt64
	for name, c := range map[string]struct {
		container, goLimit string
		want               int64
		refused            bool
	}{
		"a container's":     {"134217728", "", 80 << 20, false},
		"a large one's":     {"2147483648", "", 2000 << 20, false},
		"a tiny one's":      {"67108864", "", 32 << 20, false},
		"none":              {"", "", unlimited, false},
		"Go's own is first": {"134217728", "64MiB", unlimited, false},
		"no number":         {"128Mi", "", unlimited, true},
		"nothing":           {"0", "", unlimited, true},
	} {
		t.Run(name, func(t *testing.T) {
			defer debug.SetMemoryLimit(debug.SetMemoryLimit(unlimited))
			t.Setenv(memoryLimitVariable, c.container)
			t.Setenv("GOMEMLIMIT", c.goLimit)
			err := limitMemory()
			if got := debug.SetMemoryLimit(-1); got != c.want || (err != nil) != c.refused {
				t.Errorf("limit %d, %v; want %d", got, err, c.want)
			}
		})
	}
}
