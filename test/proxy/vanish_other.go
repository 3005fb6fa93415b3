//go:build !linux

package proxy

import (
	"errors"
	"syscall"
)

// Lose is there on Linux only.
func Lose(_ syscall.Conn, everything bool) error {
	if everything {
		return errors.ErrUnsupported
	}
	return nil
}
