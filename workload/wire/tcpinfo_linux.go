package wire

import (
	"net"
	"syscall"

	"golang.org/x/sys/unix"

	"tcp-operator.io/workload/snapshot"
)

// tcpStates are the kernel's states (include/net/tcp_states.h) by number, as
// ss(8) names them.
var tcpStates = [...]string{"UNKNOWN", "ESTAB", "SYN-SENT", "SYN-RECV", "FIN-WAIT-1", "FIN-WAIT-2", "TIME-WAIT", "CLOSED",
	"CLOSE-WAIT", "LAST-ACK", "LISTEN", "CLOSING", "NEW-SYN-RECV"}

// tcpInfo reads TCP_INFO, tcp(7); nil when the kernel will not say.
func tcpInfo(fd int) *snapshot.TCPInfo {
	info, err := unix.GetsockoptTCPInfo(fd, unix.IPPROTO_TCP, unix.TCP_INFO)
	if err != nil {
		return nil
	}
	state := tcpStates[0]
	if int(info.State) < len(tcpStates) {
		state = tcpStates[info.State]
	}
	return &snapshot.TCPInfo{
		State:                    state,
		RoundTripMicroseconds:    int64(info.Rtt),
		RoundTripVarMicroseconds: int64(info.Rttvar),
		RetransmittedSegments:    int64(info.Total_retrans),
		UnacknowledgedSegments:   int64(info.Unacked),
		CongestionWindowSegments: int64(info.Snd_cwnd),
	}
}

// tcpInfoOf reads TCP_INFO of a connection of net.
func tcpInfoOf(c net.Conn) (info *snapshot.TCPInfo) {
	kernel, ok := c.(syscall.Conn)
	if !ok {
		return nil
	}
	raw, err := kernel.SyscallConn()
	if err != nil {
		return nil
	}
	_ = raw.Control(func(fd uintptr) { info = tcpInfo(int(fd)) }) // fails once c is closed
	return info
}
