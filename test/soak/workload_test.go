package soak

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"testing"
	"time"

	"tcp-operator.io/test/proxy"
	"tcp-operator.io/workload/snapshot"
	"tcp-operator.io/workload/spec"
)

// Each program has a loopback address of its own, and so the ports it likes.
const (
	serverHost, steadyHost, shakyHost, managerHost = "127.7.0.1", "127.7.0.2", "127.7.0.3", "127.7.0.4"

	steadySessions, shakySessions = 900, 100
)

var serverAddress = net.JoinHostPort(serverHost, fmt.Sprint(spec.DefaultPort))

// A workload is a server, a client that nothing disturbs, and one behind a
// network that misbehaves.
type workload struct {
	server, steady, shaky *process
	proxy                 *proxy.Proxy
}

// startWorkload starts it, and returns when all sessions are established.
func startWorkload(t *testing.T) *workload {
	t.Helper()
	program := build(t, "./workload")
	w := &workload{server: startServer(t, program)}
	var err error
	if w.proxy, err = proxy.New(serverAddress); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.proxy.Close)
	w.steady = startClient(t, program, "steady client", steadyHost, serverAddress, steadySessions)
	w.shaky = startClient(t, program, "shaky client", shakyHost, w.proxy.Address(), shakySessions)
	w.allEstablished(t)
	return w
}

// allEstablished waits until the server holds the clients' sessions and no
// others.
func (w *workload) allEstablished(t *testing.T) {
	t.Helper()
	until(t, "all sessions are established, and no others", func() bool {
		return w.server.snapshot(t).Sessions.Open == steadySessions+shakySessions &&
			w.steady.snapshot(t).Ready && w.shaky.snapshot(t).Ready
	})
}

// watchful makes dead peers be noticed within seconds.
var watchful = spec.TCP{
	Nagle:       spec.Disabled,
	KeepAlive:   spec.KeepAlive{Mode: spec.Enabled, Idle: spec.Duration(2 * time.Second), Interval: spec.Duration(time.Second), Count: 2},
	UserTimeout: spec.Duration(4 * time.Second),
}

func startServer(t *testing.T, program string) *process {
	t.Helper()
	s := spec.DefaultServer()
	s.BindAddress, s.Backlog, s.Framing, s.TCP = serverHost, 4096, spec.FramingLine, watchful
	s.Reply.Delay = spec.Duration(2 * time.Second)
	return startProgram(t, program, "server", serverHost, "server", s)
}

func startClient(t *testing.T, program, name, host, to string, sessions int32) *process {
	t.Helper()
	c := spec.DefaultClient()
	at, err := net.ResolveTCPAddr("tcp", to)
	if err != nil {
		t.Fatal(err)
	}
	c.Address = spec.Address{Host: at.IP.String(), Port: int32(at.Port)}
	c.Sessions, c.Framing, c.TCP = sessions, spec.FramingLine, watchful
	c.Reply.Delay = spec.Duration(2 * time.Second)
	c.Reconnect.InitialDelay, c.Reconnect.MaxDelay = spec.Duration(time.Second), spec.Duration(2*time.Second)
	return startProgram(t, program, name, host, "client", c)
}

func startProgram(t *testing.T, program, name, host, role string, settings any) *process {
	t.Helper()
	text, err := json.Marshal(settings)
	if err != nil {
		t.Fatal(err)
	}
	web := net.JoinHostPort(host, fmt.Sprint(spec.AdminPort))
	return start(t, process{name: name, web: web, errors: []string{"tcpworkload_accept_errors_total"}},
		program, []string{spec.SettingsEnv + "=" + string(text)}, role, "--admin-address="+web, "--log-level=error")
}

// disturb brings one fault after the other over the shaky client, until ctx is
// done.
func (w *workload) disturb(ctx context.Context, report func(error)) {
	faults := []proxy.Fault{{Reset: true}, {Vanish: true}, {Latency: 100 * time.Millisecond, Jitter: 50 * time.Millisecond},
		{Stall: true}, {SliceBytes: 3, SliceGap: time.Millisecond}, {CutAfter: 200}}
	for i := 0; ; i++ {
		d := proxy.Directions()[i/len(faults)%2]
		for _, f := range []proxy.Fault{faults[i%len(faults)], {}} {
			if err := w.proxy.Set(d, f); err != nil {
				report(err)
			}
			if !pause(ctx, 5*time.Second) {
				return
			}
		}
	}
}

// calm ends all faults.
func (w *workload) calm(t *testing.T) {
	t.Helper()
	for _, d := range proxy.Directions() {
		if err := w.proxy.Set(d, proxy.Fault{}); err != nil {
			t.Fatal(err)
		}
	}
}

// pause waits; false means that ctx is done.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// visit is the session of one of those who come and go. Two of four say
// good-bye, one resets the connection, one vanishes.
func visit(ctx context.Context, number int) error {
	conn, err := net.Dial("tcp", serverAddress)
	if err != nil {
		return err
	}
	c := conn.(*net.TCPConn)
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(time.Minute))
	if _, err := io.WriteString(c, "good day\n"); err != nil {
		return err
	}
	switch number % 4 {
	case 0:
		return c.SetLinger(0) // owed a reply
	case 1:
		if err := proxy.Lose(c, true); err != nil {
			return err
		}
		pause(ctx, 15*time.Second) // the server gives up before
		return nil
	}
	_, err = bufio.NewReader(c).ReadString('\n')
	return err
}

// wantUndisturbed holds that the steady client noticed nothing.
func (w *workload) wantUndisturbed(t *testing.T) {
	t.Helper()
	s := w.steady.snapshot(t)
	if s.Sessions.Lost > 0 || len(s.Outages) > 0 || s.Sessions.Opened != steadySessions {
		t.Errorf("the steady client: %+v, %+v", s.Sessions, s.Outages)
	}
	server, shaky := w.server.snapshot(t), w.shaky.snapshot(t)
	t.Logf("the server accepted %d sessions and lost %d by RST, %d by keep-alive; the shaky client lost %d, the steady one %d",
		server.Sessions.Opened, server.Closes[snapshot.PeerReset], server.Closes[snapshot.KeepAliveTimeout], shaky.Sessions.Lost, s.Sessions.Lost)
}
