//go:build !linux

package socket

import (
	"errors"
	"os"
	"syscall"

	"tcp-operator.io/workload/spec"
)

// setOptions leaves to net what net can do.
func setOptions(_ int, t spec.TCP) error {
	if t.UserTimeout > 0 {
		return errors.New("tcp.userTimeout: only Linux has it: remove it")
	}
	return nil
}

func listen(fd, backlog int) error {
	return os.NewSyscallError("listen", syscall.Listen(fd, backlog))
}
