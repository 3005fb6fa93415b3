//go:build !linux

package socket

import "net"

type gate struct{}

func newGate() gate { return gate{} }

func (gate) note(*net.TCPConn) {}

// await leaves the waiting to net.
func (l *listener) await() error { return nil }

// arrivals are none: net takes connections one by one.
type arrivals struct{}

func (arrivals) closeAll() {}
