package cli

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"os"
	"runtime"
	"strconv"
	"syscall"
	"time"

	"tcp-operator.io/workload/admin"
	"tcp-operator.io/workload/client"
	"tcp-operator.io/workload/server"
	"tcp-operator.io/workload/session"
	"tcp-operator.io/workload/snapshot"
	"tcp-operator.io/workload/socket"
	"tcp-operator.io/workload/spec"
	"tcp-operator.io/workload/stats"
	"tcp-operator.io/workload/wire"
)

// serve runs `workload server`.
func serve(env Env, args []string) error {
	s := spec.DefaultServer()
	o := defaultOptions()
	l := loader{env: env, program: "workload server", define: func(f *flags) { f.server(&s) }, into: &s}
	if err := l.load(args, &o); err != nil {
		return ignoreHelp(err)
	}
	p := newProcess(env, snapshot.Server)
	log := newLog(&o, env.Stderr)
	poller, err := wire.NewPoller(runtime.GOMAXPROCS(0))
	if err != nil {
		return fmt.Errorf("workload server: %w", err)
	}
	defer poller.Close()
	srv := &server.Server{Poller: poller, Config: session.ServerConfig(s), MaxSessions: int(s.Limits.Sessions)}
	complete(&srv.Config, p, log)
	if s.TLS.Enabled() {
		if srv.Credentials, err = l.credentials(s.TLS.CertificateFile, s.TLS.KeyFile, s.TLS.ClientCAFile, "tls.clientCAFile", log); err != nil {
			return err
		}
	}
	p.Part = srv

	listener, err := socket.Listen(context.Background(), s)
	if err != nil {
		return l.listenProblem(err, s)
	}
	log.Info(fmt.Sprintf("Starting TCP Server on %d", s.Port), "address", listener.Addr().String(), "pod", p.Pod, "instance", p.Instance)
	return run(env, p, log, o.adminAddress, func() error { return srv.Serve(listener) }, srv)
}

// hold runs `workload client`.
func hold(env Env, args []string) error {
	s := spec.DefaultClient()
	o := defaultOptions()
	l := loader{env: env, program: "workload client", define: func(f *flags) { f.client(&s) }, into: &s}
	if err := l.load(args, &o); err != nil {
		return ignoreHelp(err)
	}
	p := newProcess(env, snapshot.Client)
	log := newLog(&o, env.Stderr)
	poller, err := wire.NewPoller(runtime.GOMAXPROCS(0))
	if err != nil {
		return fmt.Errorf("workload client: %w", err)
	}
	defer poller.Close()
	cli := &client.Client{
		Poller:         poller,
		Config:         session.ClientConfig(s),
		Address:        addressText(s.Address),
		Sessions:       int(s.Sessions),
		Dial:           socket.Dialer(s),
		ConnectTimeout: time.Duration(s.Connect.Timeout),
		Expect:         s.Expect,
		Backoff: client.Backoff{
			Initial:       time.Duration(s.Reconnect.InitialDelay),
			Max:           time.Duration(s.Reconnect.MaxDelay),
			JitterPercent: int(s.Reconnect.JitterPercent),
		},
	}
	complete(&cli.Config, p, log)
	if s.TLS.Enabled() {
		if cli.Credentials, err = l.credentials(s.TLS.CertificateFile, s.TLS.KeyFile, s.TLS.CAFile, "tls.caFile", log); err != nil {
			return err
		}
		cli.Dial = cli.Credentials.Dialer(cli.Dial, cmp.Or(s.TLS.ServerName, s.Address.Host))
	}
	p.Part = cli
	return run(env, p, log, o.adminAddress, cli.Run, cli)
}

func ignoreHelp(err error) error {
	if errors.Is(err, flag.ErrHelp) {
		return nil
	}
	return err
}

func newProcess(env Env, role snapshot.Role) *admin.Process {
	var instance [4]byte
	_, _ = rand.Read(instance[:]) // never fails, says its documentation
	return &admin.Process{
		Role:     role,
		Instance: hex.EncodeToString(instance[:]),
		Pod:      env.Getenv(spec.PodNameEnv),
		Node:     env.Getenv(spec.NodeNameEnv),
		Start:    time.Now(),
		Stats:    stats.New(),
	}
}

// complete fills in what the settings do not say.
func complete(c *session.Config, p *admin.Process, log *slog.Logger) {
	c.Instance = p.Instance
	c.Stats = p.Stats
	c.Log = log
	c.Pod = p.Pod
	if c.Pod == "" {
		c.Pod, _ = os.Hostname() // a text for {pod}; an empty one does no harm
	}
}

// listenProblem puts an error of listening in the user's terms: most are
// settings that this host cannot fulfil.
func (l *loader) listenProblem(err error, s spec.Server) error {
	port := func(format string) error {
		return l.explain(&spec.FieldError{Field: "port", Problem: fmt.Sprintf(format, s.Port)})
	}
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return port("%d is in use: stop what listens there, or write another")
	case errors.Is(err, syscall.EACCES):
		return port("%d may not be used by this user: write 1024 or above")
	case errors.Is(err, syscall.EADDRNOTAVAIL), errors.Is(err, syscall.EAFNOSUPPORT):
		return l.explain(&spec.FieldError{Field: "bindAddress",
			Problem: fmt.Sprintf("%s is not an address of this host: write one that is, or leave it empty", s.BindAddress)})
	}
	return fmt.Errorf("%s: %w", l.program, err)
}

// A closer is a server or a client that runs.
type closer interface {
	Shutdown(context.Context) error
	Close() error
}

// run plays a part until a signal, or until it fails.
func run(env Env, p *admin.Process, log *slog.Logger, adminAddress string, play func() error, part closer) error {
	stopAdmin, err := startAdmin(env, p, log, adminAddress)
	if err != nil {
		return errors.Join(err, part.Close())
	}
	defer stopAdmin()
	ended := make(chan error, 1)
	go func() { ended <- play() }()
	select {
	case err := <-ended:
		return errors.Join(err, part.Close())
	case signal := <-env.Signals:
		log.Info("Draining", "signal", signal.String())
	}
	drain(env, log, part)
	log.Debug("Ended", "because", <-ended)
	logFinal(log, p.Snapshot())
	return nil
}

// drain keeps all promises, unless a second signal comes.
func drain(env Env, log *slog.Logger, part closer) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	drained := make(chan struct{})
	go func() {
		defer close(drained)
		_ = part.Shutdown(ctx) // fails only when it is cancelled
	}()
	select {
	case <-drained:
	case signal := <-env.Signals:
		log.Info("Closing at once", "signal", signal.String())
		cancel()
		_ = part.Close() // never fails
		<-drained
	}
}

// logFinal logs the snapshot that nobody can ask for any more.
func logFinal(log *slog.Logger, s snapshot.Snapshot) {
	text, err := json.Marshal(s)
	if err != nil {
		log.Error("Final snapshot", "error", err)
		return
	}
	log.Info("Final snapshot", "snapshot", json.RawMessage(text))
}

// adminAuto is the default of --admin-address.
const adminAuto = "auto"

// startAdmin serves the admin port and returns how to stop it.
func startAdmin(env Env, p *admin.Process, log *slog.Logger, address string) (stop func(), err error) {
	if address == "" {
		return func() {}, nil
	}
	port := strconv.Itoa(spec.AdminPort)
	optional := false
	if address == adminAuto {
		address = ":" + port
		if env.Getenv(spec.PodNameEnv) == "" {
			address, optional = net.JoinHostPort("127.0.0.1", port), true
		}
	}
	l, err := net.Listen("tcp", address)
	if err != nil && optional {
		log.Debug("No admin server", "error", err)
		return func() {}, nil
	}
	if err != nil {
		return nil, wrongSettings("workload", fmt.Sprintf("--admin-address: %v: write another, or \"\" for none", err))
	}
	srv := admin.NewServer(p)
	served := make(chan struct{})
	go func() {
		defer close(served)
		_ = srv.Serve(l) // ends with ErrServerClosed
	}()
	log.Info("Serving probes, metrics and snapshot", "adminAddress", l.Addr().String())
	return func() { _ = srv.Close(); <-served }, nil
}
