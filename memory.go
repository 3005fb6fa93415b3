package main

import (
	"fmt"
	"os"
	"runtime/debug"
	"strconv"
)

// memoryLimitVariable holds how many bytes the container may use;
// config/manager lets Kubernetes fill it in.
const memoryLimitVariable = "MEMORY_LIMIT"

// uncounted is what the runtime does not count of a process's memory: the
// program's own pages above all, some 45 MB.
const uncounted = 48 << 20

// limitMemory makes the garbage collector work harder before the container's
// limit is reached. GOMEMLIMIT, which the runtime reads by itself, comes first.
func limitMemory() error {
	text := os.Getenv(memoryLimitVariable)
	if text == "" || os.Getenv("GOMEMLIMIT") != "" {
		return nil
	}
	bytes, err := strconv.ParseInt(text, 10, 64)
	if err != nil || bytes <= 0 {
		return fmt.Errorf("%s is %q: it must be a number of bytes", memoryLimitVariable, text)
	}
	debug.SetMemoryLimit(max(bytes-uncounted, bytes/2)) // half of very little
	return nil
}
