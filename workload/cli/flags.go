package cli

import (
	"errors"
	"flag"
	"fmt"
	"net"
	"strconv"

	"tcp-operator.io/workload/spec"
)

// options are what a process is told beside its settings: how to show itself.
type options struct {
	settingsFile string
	adminAddress string
	logFormat    logFormat
	logLevel     logLevel
}

func defaultOptions() options {
	return options{adminAddress: adminAuto, logFormat: "auto", logLevel: "info"}
}

// flags is a flag set that collects what is wrong with values, so that the
// user sees it in our words.
type flags struct {
	*flag.FlagSet
	wrong []error // *spec.FieldError with the flag's name as field
}

func (f *flags) options(o *options) {
	f.StringVar(&o.settingsFile, "settings", o.settingsFile, "read settings as JSON from this `file`, not from "+spec.SettingsEnv)
	f.StringVar(&o.adminAddress, "admin-address", o.adminAddress,
		"serve probes, metrics and snapshot at this `address`; \"\" serves none; auto is :"+strconv.Itoa(spec.AdminPort)+
			" in a pod, and elsewhere the same port of 127.0.0.1 if it is free")
	word(f, &o.logFormat, "log-format", "log `format`: text, json, or auto: text on a terminal, else json")
	word(f, &o.logLevel, "log-level", "log only from this `level` on: debug, info, warn or error")
}

func (f *flags) server(s *spec.Server) {
	f.number(&s.Port, "port", "listen on this port")
	f.StringVar(&s.BindAddress, "bind-address", s.BindAddress, "listen on this `IP` address; empty: on all, IPv4 and IPv6")
	f.number(&s.Backlog, "backlog", "how many connections may wait to be accepted, listen(2)")
	f.StringVar(&s.Greeting, "greeting", s.Greeting, "`text` sent on connect; empty: none")
	f.number(&s.Limits.Sessions, "limits-sessions", "how many sessions may be open; one more is closed at once")
	f.file(&s.TLS.CertificateFile, "tls-certificate-file", "the server's certificate; empty: plain TCP")
	f.file(&s.TLS.KeyFile, "tls-key-file", "the certificate's key")
	f.file(&s.TLS.ClientCAFile, "tls-client-ca-file", "authorities for clients' certificates; empty: clients need none")
	f.shared(&s.Reply, &s.Framing, &s.Limits.Limits, &s.TCP)
}

// file adds a flag for a file of TLS.
func (f *flags) file(p *string, name, use string) { f.StringVar(p, name, *p, "PEM `file`: "+use) }

func (f *flags) client(c *spec.Client) {
	f.address(&c.Address, "address", "hold sessions with the server at this `HOST:PORT`")
	f.number(&c.Sessions, "sessions", "how many sessions to hold")
	f.duration(&c.Connect.Timeout, "connect-timeout", "bounds name resolution and connect together")
	f.StringVar(&c.Connect.BindAddress, "connect-bind-address", c.Connect.BindAddress, "connect from this local `IP` address")
	f.StringVar(&c.Greeting, "greeting", c.Greeting, "`text` sent on connect; empty: none")
	f.duration(&c.Reconnect.InitialDelay, "reconnect-initial-delay", "delay before connecting again; doubles with each failure")
	f.duration(&c.Reconnect.MaxDelay, "reconnect-max-delay", "the delay doubles up to this")
	f.number(&c.Reconnect.JitterPercent, "reconnect-jitter-percent", "each delay is shortened by a random share of up to this")
	word(f, &c.Expect.Connect, "expect-connect", "`whether` a session should be possible: Allowed or Blocked")
	f.number(&c.Expect.MaxOutages, "expect-max-outages", "outages within the window that are forgiven; -1: not judged")
	f.duration(&c.Expect.Window, "expect-window", "how far back outages count")
	f.duration(&c.Expect.RecoverWithin, "expect-recover-within", "how long an outage may last; 0s: not judged")
	f.file(&c.TLS.CAFile, "tls-ca-file", "authorities for the server's certificate; empty: plain TCP")
	f.StringVar(&c.TLS.ServerName, "tls-server-name", c.TLS.ServerName, "`name` that the server's certificate must be for; empty: the host of --address")
	f.file(&c.TLS.CertificateFile, "tls-certificate-file", "the client's certificate; empty: none")
	f.file(&c.TLS.KeyFile, "tls-key-file", "the certificate's key")
	f.shared(&c.Reply, &c.Framing, &c.Limits, &c.TCP)
}

// shared are the flags that both roles have.
func (f *flags) shared(r *spec.Reply, framing *spec.Framing, l *spec.Limits, t *spec.TCP) {
	f.duration(&r.Delay, "reply-delay", "between receiving a message and answering it")
	f.StringVar(&r.Text, "reply-text", r.Text, "`text` that answers a message; empty: none")
	f.StringVar(&r.ExceptionText, "reply-exception-text", r.ExceptionText, "`text` that answers what is not UTF-8; empty: none")
	word(f, framing, "framing", "how bytes become messages (`framing`): None, Line or LengthPrefixed")
	f.number(&l.MessageBytes, "limits-message-bytes", "size of the largest message")
	f.number(&l.PendingReplies, "limits-pending-replies", "replies that may wait in one session; then reading stops")
	f.duration(&l.IdleTimeout, "limits-idle-timeout", "close a session that is idle for so long; 0s: never")
	f.duration(&l.MessageTimeout, "limits-message-timeout", "bounds a framed message from first to last byte; 0s: no bound")
	f.duration(&l.WriteTimeout, "limits-write-timeout", "close a session whose peer does not read for so long; 0s: never")
	word(f, &t.Nagle, "tcp-nagle", "Nagle's algorithm: Enabled or Disabled (`mode`)")
	word(f, &t.KeepAlive.Mode, "tcp-keep-alive-mode", "TCP keep-alive: Enabled or Disabled (`mode`)")
	f.duration(&t.KeepAlive.Idle, "tcp-keep-alive-idle", "idle time before the first probe")
	f.duration(&t.KeepAlive.Interval, "tcp-keep-alive-interval", "between probes")
	f.number(&t.KeepAlive.Count, "tcp-keep-alive-count", "unanswered probes that end a session")
	f.duration(&t.UserTimeout, "tcp-user-timeout", "TCP_USER_TIMEOUT: how long sent data may stay unacknowledged; 0s: the system's")
}

// A value is a flag.Value whose Set never fails: it notes what is wrong.
type value struct {
	flags *flags
	name  string
	show  func() string
	set   func(string) error
}

func (v *value) String() string {
	if v.show == nil {
		return "" // package flag asks the zero value too
	}
	return v.show()
}

func (v *value) Set(text string) error {
	if err := v.set(text); err != nil {
		v.flags.wrong = append(v.flags.wrong, &spec.FieldError{Field: "--" + v.name, Problem: err.Error()})
	}
	return nil
}

func (f *flags) number(p *int32, name, use string) {
	f.Var(&value{f, name,
		func() string { return strconv.Itoa(int(*p)) },
		func(text string) error {
			n, err := strconv.ParseInt(text, 10, 32)
			if err != nil {
				return fmt.Errorf("%q is not a whole number that fits: write for example %d", text, *p)
			}
			*p = int32(n)
			return nil
		}}, name, use+" (`number`)")
}

func (f *flags) duration(p *spec.Duration, name, use string) {
	f.Var(&value{f, name, func() string { return p.String() }, func(text string) (err error) {
		d, err := spec.ParseDuration(text)
		if err == nil {
			*p = d
		}
		return err
	}}, name, use+" (`duration`)")
}

// word adds a flag for one of a set of words; validation knows the set.
func word[T ~string](f *flags, p *T, name, use string) {
	f.Var(&value{f, name, func() string { return string(*p) }, func(text string) error {
		*p = T(text)
		return nil
	}}, name, use)
}

func (f *flags) address(p *spec.Address, name, use string) {
	f.Var(&value{f, name, func() string { return addressText(*p) }, func(text string) error {
		address, err := parseAddress(text)
		if err == nil {
			*p = address
		}
		return err
	}}, name, use)
}

// addressText is empty while there is no address.
func addressText(a spec.Address) string {
	if a.Host == "" {
		return ""
	}
	return net.JoinHostPort(a.Host, strconv.Itoa(int(a.Port)))
}

func parseAddress(text string) (spec.Address, error) {
	host, port, err := net.SplitHostPort(text)
	if err != nil {
		return spec.Address{}, fmt.Errorf("%q is not a host and a port: write for example 127.0.0.1:9527, db.example.com:5432 or [fd00::7]:9527", text)
	}
	n, err := strconv.ParseInt(port, 10, 32)
	if err != nil {
		return spec.Address{}, fmt.Errorf("port %q is not a whole number: write 1 to 65535", port)
	}
	if host == "" {
		return spec.Address{}, errors.New("has no host before the colon: write for example 127.0.0.1:9527")
	}
	return spec.Address{Host: host, Port: int32(n)}, nil
}
