package spec

import (
	"errors"
	"fmt"
	"net/netip"
	"time"
)

// Bounds of the settings. The schema of the custom resources states the same
// ones; a test holds the two together.
const (
	MaxBacklog        = 65535
	MaxSessions       = 100000
	MaxClientSessions = 10000
	MaxTextBytes      = 4096
	MaxMessageBytes   = 1 << 20
	MaxUnframedBytes  = 65536
	MaxPendingReplies = 65536
	MaxReplyDelay     = time.Hour
	MaxKeepAliveTime  = 32767 * time.Second // TCP_KEEPIDLE and TCP_KEEPINTVL, tcp(7)
	MaxKeepAliveCount = 127                 // TCP_KEEPCNT, tcp(7)
	MaxOutages        = 9                   // one less than a snapshot holds
)

// FieldError says what is wrong with one field, and what to write instead.
type FieldError struct {
	Field   string // path in the JSON, such as limits.messageBytes
	Problem string
}

func (e *FieldError) Error() string { return e.Field + ": " + e.Problem }

// wrong makes a *FieldError as fmt.Sprintf does.
func wrong(field, format string, args ...any) error {
	return &FieldError{Field: field, Problem: fmt.Sprintf(format, args...)}
}

// Validate reports every wrong field, each as a *FieldError with what to
// write instead; nil means that the settings can be used as they are.
func (s Server) Validate() error {
	return errors.Join(
		within("port", s.Port, 1, 65535),
		ipOrEmpty("bindAddress", s.BindAddress),
		within("backlog", s.Backlog, 1, MaxBacklog),
		text("greeting", s.Greeting),
		s.Reply.validate(),
		s.Framing.validate(),
		within("limits.sessions", s.Limits.Sessions, 1, MaxSessions),
		s.Limits.validate(s.Framing),
		s.TCP.validate(),
		s.TLS.validate(),
	)
}

// Validate reports every wrong field, each as a *FieldError with what to
// write instead; nil means that the settings can be used as they are.
func (c Client) Validate() error {
	return errors.Join(
		c.Address.validate(),
		within("sessions", c.Sessions, 1, MaxClientSessions),
		ipOrEmpty("connect.bindAddress", c.Connect.BindAddress),
		atLeast("connect.timeout", c.Connect.Timeout, time.Millisecond),
		text("greeting", c.Greeting),
		c.Reply.validate(),
		c.Reconnect.validate(),
		c.Framing.validate(),
		c.Limits.validate(c.Framing),
		c.TCP.validate(),
		c.TLS.validate(),
		c.Expect.validate(),
	)
}

func (e Expect) validate() error {
	var path, both error
	if e.Connect != Allowed && e.Connect != Blocked {
		path = wrong("expect.connect", "%q is not known: write Allowed or Blocked", string(e.Connect))
	}
	if e.Connect == Blocked && (e.MaxOutages >= 0 || e.RecoverWithin > 0) {
		both = wrong("expect.connect", "Blocked leaves no sessions whose outages could be judged: remove maxOutages and recoverWithin, or write Allowed")
	}
	return errors.Join(
		path,
		both,
		within("expect.maxOutages", e.MaxOutages, -1, MaxOutages),
		atLeast("expect.window", e.Window, time.Second),
		atLeast("expect.recoverWithin", e.RecoverWithin, 0),
	)
}

func (a Address) validate() error {
	if a.Host == "" {
		return wrong("address.host", "is empty: write the server's name or IP address")
	}
	return within("address.port", a.Port, 1, 65535)
}

func (r Reply) validate() error {
	return errors.Join(
		atMost("reply.delay", r.Delay, MaxReplyDelay),
		text("reply.text", r.Text),
		text("reply.exceptionText", r.ExceptionText),
	)
}

func (r Reconnect) validate() error {
	var order error
	if r.MaxDelay < r.InitialDelay {
		order = wrong("reconnect.maxDelay", "%s is below initialDelay (%s): raise it or lower initialDelay",
			r.MaxDelay, r.InitialDelay)
	}
	return errors.Join(
		atLeast("reconnect.initialDelay", r.InitialDelay, 10*time.Millisecond),
		order,
		within("reconnect.jitterPercent", r.JitterPercent, 0, 100),
	)
}

func (f Framing) validate() error {
	switch f {
	case FramingNone, FramingLine, FramingLengthPrefixed:
		return nil
	}
	return wrong("framing", "%q is not known: write None, Line or LengthPrefixed", string(f))
}

func (l Limits) validate(f Framing) error {
	var unframed error
	if f == FramingNone && l.MessageBytes > MaxUnframedBytes {
		unframed = wrong("limits.messageBytes", "%d is more than one read takes: write at most %d, or set framing to Line or LengthPrefixed",
			l.MessageBytes, MaxUnframedBytes)
	}
	return errors.Join(
		within("limits.messageBytes", l.MessageBytes, 1, MaxMessageBytes),
		unframed,
		within("limits.pendingReplies", l.PendingReplies, 1, MaxPendingReplies),
		atLeast("limits.idleTimeout", l.IdleTimeout, 0),
		atLeast("limits.messageTimeout", l.MessageTimeout, 0),
		atLeast("limits.writeTimeout", l.WriteTimeout, 0),
	)
}

func (t TCP) validate() error {
	k := t.KeepAlive
	return errors.Join(
		t.Nagle.validate("tcp.nagle"),
		k.Mode.validate("tcp.keepAlive.mode"),
		atLeast("tcp.keepAlive.idle", k.Idle, time.Second),
		atMost("tcp.keepAlive.idle", k.Idle, MaxKeepAliveTime),
		atLeast("tcp.keepAlive.interval", k.Interval, time.Second),
		atMost("tcp.keepAlive.interval", k.Interval, MaxKeepAliveTime),
		within("tcp.keepAlive.count", k.Count, 1, MaxKeepAliveCount),
		atLeast("tcp.userTimeout", t.UserTimeout, 0),
	)
}

func (t Toggle) validate(field string) error {
	if t == Enabled || t == Disabled {
		return nil
	}
	return wrong(field, "%q is not known: write Enabled or Disabled", string(t))
}

func within(field string, v, low, high int32) error {
	if v < low || v > high {
		return wrong(field, "%d is out of range: write %d to %d", v, low, high)
	}
	return nil
}

func atLeast(field string, d Duration, low time.Duration) error {
	if time.Duration(d) < low {
		return wrong(field, "%s is too short: write at least %s", d, Duration(low))
	}
	return nil
}

func atMost(field string, d Duration, high time.Duration) error {
	if time.Duration(d) > high {
		return wrong(field, "%s is too long: write at most %s", d, Duration(high))
	}
	return nil
}

func ipOrEmpty(field, s string) error {
	if s == "" {
		return nil
	}
	if _, err := netip.ParseAddr(s); err != nil {
		return wrong(field, "%q is not an IP address: write one such as 10.0.0.7 or fd00::7, or leave it empty", s)
	}
	return nil
}

func text(field, s string) error {
	if len(s) > MaxTextBytes {
		return wrong(field, "is %d bytes long: write at most %d", len(s), MaxTextBytes)
	}
	return nil
}
