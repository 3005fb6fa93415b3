package wire

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// These calls never wait, so Go's scheduler need not be told of them. Telling it
// costs more than the moment itself: on a busy machine the processor is given
// to another thread meanwhile, and has to be won back.

// receive is recv(2) of a socket.
func receive(fd int, p []byte) (int, error) {
	return result(unix.RawSyscall6(unix.SYS_RECVFROM, uintptr(fd),
		uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)), unix.MSG_DONTWAIT, 0, 0))
}

// send is send(2) to a socket. One whose peer has gone makes it fail, and no
// signal.
func send(fd int, p []byte) (int, error) {
	return result(unix.RawSyscall6(unix.SYS_SENDTO, uintptr(fd),
		uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)), unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL, 0, 0))
}

// pollEvents is epoll_wait(2) without waiting.
func pollEvents(epoll int, events []unix.EpollEvent) (int, error) {
	return result(unix.RawSyscall6(unix.SYS_EPOLL_PWAIT, uintptr(epoll),
		uintptr(unsafe.Pointer(unsafe.SliceData(events))), uintptr(len(events)), 0, 0, 0))
}

func result(n, _ uintptr, errno unix.Errno) (int, error) {
	if errno != 0 {
		return -1, errno
	}
	return int(n), nil
}
