package desired

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"tcp-operator.io/api/v1alpha1"
	"tcp-operator.io/controllers/fault"
	"tcp-operator.io/workload/spec"
)

// serverSettings are what the spec tells the workload. The schema has checked
// the spec; a resource stored under an older schema may still be wrong.
func serverSettings(s v1alpha1.TcpServerSpec) (spec.Server, error) {
	var d durations
	out := spec.Server{
		Port:        s.Port,
		BindAddress: string(s.BindAddress),
		Backlog:     s.Backlog,
		Greeting:    string(s.Greeting),
		Reply: spec.Reply{
			Delay:         d.parse("reply.delay", s.Reply.Delay),
			Text:          text(s.Reply.Text),
			ExceptionText: text(s.Reply.ExceptionText),
		},
		Framing: spec.Framing(s.Framing),
		Limits: spec.ServerLimits{
			Sessions: s.Limits.Sessions,
			Limits:   limits(&d, s.Limits.SessionLimits),
		},
		TCP: tcp(&d, s.TCP),
		TLS: serverTLS(s.TLS),
	}
	return out, d.orInvalid(out.Validate)
}

// clientSettings are what the spec tells the workload, to hold sessions with
// target.
func clientSettings(s v1alpha1.TcpClientSpec, target spec.Address) (spec.Client, error) {
	var d durations
	out := spec.Client{
		Address:  target,
		Sessions: s.Sessions,
		Connect: spec.Connect{
			Timeout:     d.parse("connect.timeout", s.Connect.Timeout),
			BindAddress: string(s.Connect.BindAddress),
		},
		Greeting: text(s.Greeting),
		Reply: spec.Reply{
			Delay:         d.parse("reply.delay", s.Reply.Delay),
			Text:          text(s.Reply.Text),
			ExceptionText: text(s.Reply.ExceptionText),
		},
		Reconnect: spec.Reconnect{
			InitialDelay:  d.parse("reconnect.initialDelay", s.Reconnect.InitialDelay),
			MaxDelay:      d.parse("reconnect.maxDelay", s.Reconnect.MaxDelay),
			JitterPercent: orZero(s.Reconnect.JitterPercent),
		},
		Framing: spec.Framing(s.Framing),
		Limits:  limits(&d, s.Limits),
		TCP:     tcp(&d, s.TCP),
		TLS:     clientTLS(s.TLS),
		Expect:  expect(&d, s.Expect),
	}
	return out, d.orInvalid(out.Validate)
}

// Expectation is what the spec demands of the sessions, as the operator and
// the workload judge it. A malformed duration counts as 0s: the spec is
// refused elsewhere.
func Expectation(e v1alpha1.Expect) spec.Expect { return expect(&durations{}, e) }

func expect(d *durations, e v1alpha1.Expect) spec.Expect {
	maxOutages := int32(-1)
	if e.MaxOutages != nil {
		maxOutages = *e.MaxOutages
	}
	return spec.Expect{
		Connect:       spec.Path(e.Connect),
		MaxOutages:    maxOutages,
		Window:        d.parse("expect.window", e.Window),
		RecoverWithin: d.parse("expect.recoverWithin", e.RecoverWithin),
	}
}

func limits(d *durations, l v1alpha1.SessionLimits) spec.Limits {
	return spec.Limits{
		MessageBytes:   l.MessageBytes,
		PendingReplies: l.PendingReplies,
		IdleTimeout:    d.parse("limits.idleTimeout", l.IdleTimeout),
		MessageTimeout: d.parse("limits.messageTimeout", l.MessageTimeout),
		WriteTimeout:   d.parse("limits.writeTimeout", l.WriteTimeout),
	}
}

func tcp(d *durations, t v1alpha1.TCP) spec.TCP {
	return spec.TCP{
		Nagle: spec.Toggle(t.Nagle),
		KeepAlive: spec.KeepAlive{
			Mode:     spec.Toggle(t.KeepAlive.Mode),
			Idle:     d.parse("tcp.keepAlive.idle", t.KeepAlive.Idle),
			Interval: d.parse("tcp.keepAlive.interval", t.KeepAlive.Interval),
			Count:    t.KeepAlive.Count,
		},
		UserTimeout: d.parse("tcp.userTimeout", t.UserTimeout),
	}
}

func text(t *v1alpha1.Text) string { return string(orZero(t)) }

func orZero[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}

// durations parses many and remembers the first error.
type durations struct{ err error }

func (d *durations) parse(field string, s v1alpha1.Duration) spec.Duration {
	parsed, err := spec.ParseDuration(string(s))
	if err != nil && d.err == nil {
		d.err = fmt.Errorf("%s: %w", field, err)
	}
	return parsed
}

// orInvalid returns the first wrong duration, or what validate finds wrong, as
// an error that only the user can mend. It names each field from the spec on,
// in one line.
func (d *durations) orInvalid(validate func() error) error {
	err := d.err
	if err == nil {
		err = validate()
	}
	if err == nil {
		return nil
	}
	all := "spec." + strings.ReplaceAll(err.Error(), "\n", "; spec.")
	return &fault.Invalid{Reason: v1alpha1.ReasonInvalidSpec, Err: errors.New(all)}
}

// render is the text that the workload parses.
func render(settings any) string {
	text, err := json.Marshal(settings)
	if err != nil {
		panic("settings are plain data: " + err.Error())
	}
	return string(text)
}
