//go:build unix

package ui

import "syscall"

// ownGroup puts a process where the terminal's signals do not reach it.
func ownGroup() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
