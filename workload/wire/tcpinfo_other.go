//go:build !linux

package wire

import (
	"net"

	"tcp-operator.io/workload/snapshot"
)

func tcpInfoOf(net.Conn) *snapshot.TCPInfo { return nil }
