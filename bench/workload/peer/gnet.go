package peer

import (
	"bytes"
	"time"

	"github.com/panjf2000/gnet/v2"
	"github.com/panjf2000/gnet/v2/pkg/logging"
)

// serveGnet plays the server with gnet's event loops, one for each processor.
func serveGnet(s Settings) error {
	return gnet.Run(&gnetHandler{settings: s}, "tcp://"+s.Address, gnet.WithMulticore(true), gnet.WithLogLevel(logging.ErrorLevel))
}

type gnetHandler struct {
	gnet.BuiltinEventEngine
	settings Settings
}

func (h *gnetHandler) OnTraffic(c gnet.Conn) gnet.Action {
	buffered, err := c.Peek(-1)
	if err != nil {
		return gnet.Close
	}
	whole := bytes.LastIndexByte(buffered, '\n') + 1
	if whole == 0 {
		return gnet.None // Discard(0) would discard all
	}
	messages := bytes.Count(buffered[:whole], newline)
	if _, err := c.Discard(whole); err != nil {
		return gnet.Close
	}
	for range messages {
		if err := h.reply(c); err != nil {
			return gnet.Close
		}
	}
	return gnet.None
}

func (h *gnetHandler) reply(c gnet.Conn) error {
	if h.settings.Delay > 0 {
		time.AfterFunc(h.settings.Delay, func() { _ = c.AsyncWrite(reply, nil) }) // fails when the peer has gone
		return nil
	}
	_, err := c.Write(reply)
	return err
}
