package main

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"os/exec"
	"strconv"
	"time"

	"tcp-operator.io/bench/workload/process"
)

// The contenders, by the names that tables give them.
const (
	ours    = "workload"
	stdnet  = "stdnet"
	gnet    = "gnet"
	twisted = "Twisted"
	classic = "classic Twisted"
)

// python is Debian's own, which is the one that has python3-twisted.
const python = "/usr/bin/python3"

// raised is a backlog that holds most of a burst; the kernel caps it at
// net.core.somaxconn, which is what stdnet and gnet ask for.
const raised = 4096

// behaviour is what a measure asks of a server.
type behaviour struct {
	delay   time.Duration // between a message and its reply
	backlog int           // of those that can be told
}

// A fleet knows how to start the contenders.
type fleet struct {
	workload string // path of the program
	self     string // path of this program, which plays stdnet and gnet
	twisted  string // path of the Twisted program
}

// has reports whether this machine can run the contender.
func (f *fleet) has(name string) bool {
	if name != twisted && name != classic {
		return true
	}
	return exec.Command(python, "-c", "import twisted.internet.reactor").Run() == nil
}

// A server is a contender that runs.
type server struct {
	*process.Process
	address netip.AddrPort
	idle    int // descriptors that it has open without sessions
}

// start starts a contender on a port that was free a moment ago.
func (f *fleet) start(ctx context.Context, name string, b behaviour) (*server, error) {
	address, err := freeAddress()
	if err != nil {
		return nil, err
	}
	return f.startAt(ctx, name, b, address)
}

func (f *fleet) startAt(ctx context.Context, name string, b behaviour, address netip.AddrPort) (*server, error) {
	program, args := f.command(name, b, address)
	p, err := process.Start(program, args...)
	if err != nil {
		return nil, err
	}
	s := &server{Process: p, address: address}
	if err := s.settle(ctx); err != nil {
		p.Kill()
		return nil, err
	}
	return s, nil
}

// settle waits until the server listens and has nothing more to do.
func (s *server) settle(ctx context.Context) error {
	if err := s.AwaitListening(ctx, s.address); err != nil {
		return err
	}
	if err := s.AwaitRest(ctx); err != nil {
		return err
	}
	s.idle = s.Descriptors()
	return nil
}

// command is the command line of a contender.
func (f *fleet) command(name string, b behaviour, address netip.AddrPort) (program string, args []string) {
	port := strconv.Itoa(int(address.Port()))
	switch name {
	case ours:
		args = []string{
			"server", "--bind-address=" + address.Addr().String(), "--port=" + port, "--admin-address=127.0.0.1:0",
			"--log-level=error", "--framing=Line", "--limits-sessions=100000",
			"--reply-delay=" + milliseconds(b.delay), "--backlog=" + strconv.Itoa(b.backlog),
		}
		return f.workload, args
	case stdnet, gnet:
		return f.self, []string{"peer", name, "-address=" + address.String(), "-delay=" + b.delay.String()}
	}
	args = []string{f.twisted, "--port=" + port, "--backlog=" + strconv.Itoa(b.backlog), "--seconds=" + fmt.Sprint(b.delay.Seconds())}
	if name == classic {
		args = append(args, "--sleep")
	}
	return python, args
}

// milliseconds writes d as the workload's settings want it.
func milliseconds(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) + "ms" }

func freeAddress() (netip.AddrPort, error) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return netip.AddrPort{}, err
	}
	defer l.Close()
	return netip.ParseAddrPort(l.Addr().String())
}
