package session

import (
	"log/slog"
	"runtime"
	"time"

	"tcp-operator.io/workload/alarm"
	"tcp-operator.io/workload/cause"
	"tcp-operator.io/workload/framing"
	"tcp-operator.io/workload/snapshot"
	"tcp-operator.io/workload/spec"
	"tcp-operator.io/workload/stats"
	"tcp-operator.io/workload/template"
)

// LingerTimeout is how long a session that has sent FIN waits for the peer's.
// Closing at once would answer what the peer still sends with RST, and RST
// can overtake the last replies.
const LingerTimeout = time.Second

// DrainTimeout is LingerTimeout for a session that ends because its process was
// told to: the peer has done nothing wrong, and may still owe a reply, which
// would be lost. A pod's grace period has room for it.
const DrainTimeout = 3 * time.Second

// lingerBytes is how much such a session reads meanwhile, for nothing. A peer
// that sends more does not listen: it gets RST.
const lingerBytes = 256 << 10

// readBytes is the size of a read, design.md's bound for framing None.
const readBytes = 64 << 10

// An Owner is told of the end of its sessions. The calls come with the
// session's lock held: they must call no method of a session but ID, Number,
// Age, TCPInfo, LocalAddr and RemoteAddr, which do without it, nor take a lock
// under which anyone calls another.
type Owner interface {
	// SessionLost says that s can no longer converse. Its promised replies
	// may still go out.
	SessionLost(s *Session, end cause.End)
	// SessionClosed says that s is gone. SessionLost came before.
	SessionClosed(s *Session, end cause.End)
}

// A Config is what all sessions of a process have in common. It must not
// change once there is a session.
type Config struct {
	Role     snapshot.Role
	Instance string // prefix of session ids, unique to the process
	Pod      string // stands for {pod}

	Framer                     framing.Framer
	Greeting, Reply, Exception template.Template // what is empty is not sent
	ReplyDelay                 time.Duration     // 0: a reply goes out at once
	PendingReplies             int
	// Timeouts; 0 means never.
	IdleTimeout, MessageTimeout, WriteTimeout time.Duration

	Clock *alarm.Clock
	Stats *stats.Set
	Log   *slog.Logger
}

// ServerConfig translates a server's settings. The rest is the caller's.
func ServerConfig(s spec.Server) Config {
	c := newConfig(s.Framing, s.Greeting, s.Reply, s.Limits.Limits)
	c.Role = snapshot.Server
	return c
}

// ClientConfig translates a client's settings. The rest is the caller's.
func ClientConfig(s spec.Client) Config {
	c := newConfig(s.Framing, s.Greeting, s.Reply, s.Limits)
	c.Role = snapshot.Client
	return c
}

func newConfig(f spec.Framing, greeting string, r spec.Reply, l spec.Limits) Config {
	return Config{
		Framer:         framing.Framer{Kind: f, Limit: int(l.MessageBytes)},
		Greeting:       template.Parse(greeting),
		Reply:          template.Parse(r.Text),
		Exception:      template.Parse(r.ExceptionText),
		ReplyDelay:     time.Duration(r.Delay),
		PendingReplies: int(l.PendingReplies),
		IdleTimeout:    time.Duration(l.IdleTimeout),
		MessageTimeout: time.Duration(l.MessageTimeout),
		WriteTimeout:   time.Duration(l.WriteTimeout),
		Clock:          alarm.New(runtime.GOMAXPROCS(0)),
	}
}

// ChunkBytes is how much one read should return at most.
func (c *Config) ChunkBytes() int {
	if c.Framer.Framed() {
		return readBytes
	}
	return min(readBytes, c.Framer.Limit)
}

// peerName is what logs call the other side.
func (c *Config) peerName() string {
	if c.Role == snapshot.Server {
		return "Tcp Client"
	}
	return "Tcp Server"
}
