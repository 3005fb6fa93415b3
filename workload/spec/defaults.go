package spec

import "time"

// DefaultPort is the port of the classic pair.
const DefaultPort = 9527

// DefaultServer returns the settings of an empty server spec: the classic
// server.
func DefaultServer() Server {
	return Server{
		Port:    DefaultPort,
		Backlog: 50,
		Reply:   defaultReply("response from the server {time}", "server exception {time}"),
		Framing: FramingNone,
		Limits:  ServerLimits{Sessions: 10000, Limits: defaultLimits()},
		TCP:     defaultTCP(),
	}
}

// DefaultClient returns the settings of a client spec that names nothing but
// its target. Address is left empty and must be set.
func DefaultClient() Client {
	return Client{
		Sessions: 1,
		Connect:  Connect{Timeout: Duration(30 * time.Second)},
		Greeting: "Hello server, I am the client {time}",
		Reply:    defaultReply("response from the client {time}", "client exception {time}"),
		Reconnect: Reconnect{
			InitialDelay:  Duration(30 * time.Second),
			MaxDelay:      Duration(30 * time.Second),
			JitterPercent: 10,
		},
		Framing: FramingNone,
		Limits:  defaultLimits(),
		TCP:     defaultTCP(),
		Expect:  Expect{Connect: Allowed, MaxOutages: -1, Window: Duration(time.Hour)},
	}
}

func defaultReply(text, exceptionText string) Reply {
	return Reply{Delay: Duration(5 * time.Second), Text: text, ExceptionText: exceptionText}
}

func defaultLimits() Limits {
	return Limits{
		MessageBytes:   65536,
		PendingReplies: 128,
		MessageTimeout: Duration(30 * time.Second),
		WriteTimeout:   Duration(10 * time.Second),
	}
}

func defaultTCP() TCP {
	return TCP{
		Nagle: Disabled,
		KeepAlive: KeepAlive{
			Mode:     Disabled,
			Idle:     Duration(15 * time.Second),
			Interval: Duration(15 * time.Second),
			Count:    9,
		},
	}
}
