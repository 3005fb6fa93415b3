package load

import (
	"bytes"
	"fmt"
	"net/netip"
	"time"

	"golang.org/x/sys/unix"
)

// A loop drives a part of the sessions. It is for one goroutine at a time.
type loop struct {
	epoll  int
	fds    []int // by session, numbered from 0 in each loop
	events [256]unix.EpollEvent
	buf    [16 << 10]byte
}

func newLoop() (*loop, error) {
	epoll, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("epoll: %w", err)
	}
	return &loop{epoll: epoll}, nil
}

func (l *loop) close() {
	for _, fd := range l.fds {
		abort(fd)
	}
	_ = unix.Close(l.epoll)
}

// prepare makes one more session, which is not connected yet, and which poll
// wakes for events. number is unique among all loops.
func (l *loop) prepare(number int, events uint32) error {
	fd, err := open(number)
	if err != nil {
		return err
	}
	l.fds = append(l.fds, fd)
	return l.control(unix.EPOLL_CTL_ADD, len(l.fds)-1, events)
}

// connect begins to connect a session. poll must wait until all are being
// connected: a socket that is not is one that has hung up.
func (l *loop) connect(session int, to netip.AddrPort) error {
	if err := connect(l.fds[session], to); err != nil {
		return fmt.Errorf("session %d: %w", session, err)
	}
	return nil
}

func (l *loop) control(op, session int, events uint32) error {
	event := unix.EpollEvent{Events: events, Fd: int32(session)}
	if err := unix.EpollCtl(l.epoll, op, l.fds[session], &event); err != nil {
		return fmt.Errorf("session %d: epoll_ctl: %w", session, err)
	}
	return nil
}

// speaksFirst are the events of a session that is to speak as soon as it is
// connected.
const speaksFirst = unix.EPOLLIN | unix.EPOLLOUT

// connected lets a session speak that speaks first.
func (l *loop) connected(session int) error {
	if err := l.control(unix.EPOLL_CTL_MOD, session, unix.EPOLLIN); err != nil {
		return err
	}
	return l.send(session)
}

// send sends one message. It is for sessions with few replies outstanding:
// what the kernel has no room for is an error.
func (l *loop) send(session int) error {
	n, err := unix.Write(l.fds[session], message)
	if err == nil && n < len(message) {
		err = unix.EAGAIN
	}
	if err != nil {
		return fmt.Errorf("session %d: write: %w", session, err)
	}
	return nil
}

// poll waits for bytes, and tells got how many lines each session's bring.
func (l *loop) poll(wait time.Duration, got func(session, lines int) error) error {
	n, err := unix.EpollWait(l.epoll, l.events[:], int(wait.Milliseconds()))
	if err == unix.EINTR {
		return nil
	}
	if err != nil {
		return fmt.Errorf("epoll_wait: %w", err)
	}
	for _, event := range l.events[:n] {
		session := int(event.Fd)
		if event.Events == unix.EPOLLOUT {
			if err := l.connected(session); err != nil {
				return err
			}
			continue
		}
		lines, err := l.read(session)
		if err != nil {
			return fmt.Errorf("session %d: %w", session, err)
		}
		if err := got(session, lines); err != nil {
			return err
		}
	}
	return nil
}

func (l *loop) read(session int) (lines int, err error) {
	n, err := unix.Read(l.fds[session], l.buf[:])
	switch {
	case err != nil:
		return 0, fmt.Errorf("read: %w", err)
	case n == 0:
		return 0, ErrClosed
	}
	return bytes.Count(l.buf[:n], []byte{'\n'}), nil
}
