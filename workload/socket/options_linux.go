package socket

import (
	"os"
	"time"

	"golang.org/x/sys/unix"

	"tcp-operator.io/workload/spec"
)

// setOptions sets what tcp(7) and socket(7) describe.
func setOptions(fd int, t spec.TCP) error {
	options := []struct {
		name          string
		level, option int
		value         int
		wanted        bool
	}{
		{"TCP_NODELAY", unix.IPPROTO_TCP, unix.TCP_NODELAY, 1, t.Nagle != spec.Enabled},
		{"SO_KEEPALIVE", unix.SOL_SOCKET, unix.SO_KEEPALIVE, 1, t.KeepAlive.Mode == spec.Enabled},
		{"TCP_KEEPIDLE", unix.IPPROTO_TCP, unix.TCP_KEEPIDLE, seconds(t.KeepAlive.Idle), t.KeepAlive.Mode == spec.Enabled},
		{"TCP_KEEPINTVL", unix.IPPROTO_TCP, unix.TCP_KEEPINTVL, seconds(t.KeepAlive.Interval), t.KeepAlive.Mode == spec.Enabled},
		{"TCP_KEEPCNT", unix.IPPROTO_TCP, unix.TCP_KEEPCNT, int(t.KeepAlive.Count), t.KeepAlive.Mode == spec.Enabled},
		{"TCP_USER_TIMEOUT", unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT,
			int(time.Duration(t.UserTimeout).Milliseconds()), t.UserTimeout > 0},
	}
	for _, o := range options {
		if !o.wanted {
			continue
		}
		if err := unix.SetsockoptInt(fd, o.level, o.option, o.value); err != nil {
			return os.NewSyscallError("setsockopt "+o.name, err)
		}
	}
	return nil
}

// seconds rounds up: the kernel counts keep-alive times in whole seconds.
func seconds(d spec.Duration) int {
	return int((time.Duration(d) + time.Second - 1) / time.Second)
}

func listen(fd, backlog int) error {
	return os.NewSyscallError("listen", unix.Listen(fd, backlog))
}
