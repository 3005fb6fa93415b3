package session

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"time"

	"tcp-operator.io/workload/snapshot"
	"tcp-operator.io/workload/template"
)

// Info describes the session as it is now.
func (s *Session) Info() snapshot.SessionInfo {
	s.mu.Lock()
	defer s.mu.Unlock()
	info := snapshot.SessionInfo{
		ID:                     s.ID().String(),
		Number:                 s.number,
		State:                  stateNames[s.state],
		LocalAddress:           text(s.conn.LocalAddr()),
		RemoteAddress:          text(s.conn.RemoteAddr()),
		StartTime:              s.config.Clock.Time(s.start),
		AgeMilliseconds:        s.Age().Milliseconds(),
		LastActivityTime:       s.config.Clock.Time(s.active),
		Messages:               s.messages,
		Bytes:                  s.bytes,
		PendingReplies:         s.pending.len(),
		ReadingPaused:          s.paused,
		UnfinishedMessageBytes: len(s.unread),
	}
	if s.state != closed {
		info.TCP = s.conn.TCPInfo()
	}
	return info
}

// TCPInfo asks the kernel about the session; nil where there is none to ask,
// as after the end. It does not wait for the session.
func (s *Session) TCPInfo() *snapshot.TCPInfo { return s.conn.TCPInfo() }

// Number returns the session's number, unique to the process.
func (s *Session) Number() uint64 { return s.number }

// ID names the session in logs, texts and lists.
func (s *Session) ID() template.ID {
	return template.ID{Instance: s.config.Instance, Number: s.number}
}

// Age is how long the session has lived.
func (s *Session) Age() time.Duration { return s.config.Clock.Now() - s.start }

// LocalAddr returns our end's address as text.
func (s *Session) LocalAddr() string { return text(s.conn.LocalAddr()) }

// RemoteAddr returns the peer's address as text.
func (s *Session) RemoteAddr() string { return text(s.conn.RemoteAddr()) }

func text(a netip.AddrPort) string {
	if !a.IsValid() {
		return ""
	}
	return a.String()
}

func (s *Session) logMade() {
	if s.config.Log.Enabled(context.Background(), slog.LevelInfo) {
		s.config.Log.Info("Connection made", "peer", s.RemoteAddr(), "session", s.ID().String())
	}
}

func (s *Session) logReceived(message []byte, exception bool) {
	if !s.config.Log.Enabled(context.Background(), slog.LevelInfo) {
		return
	}
	what, level := "msg", slog.LevelInfo
	if exception {
		what, level = "bytes that are not UTF-8", slog.LevelError
	}
	s.config.Log.Log(context.Background(), level,
		fmt.Sprintf("Received %s %s from %s", what, Quote(message), s.config.peerName()),
		"peer", s.RemoteAddr(), "session", s.ID().String())
}

// logLost logs the end of the conversation, from which on promised replies go
// out at most.
func (s *Session) logLost() {
	if !s.config.Log.Enabled(context.Background(), slog.LevelInfo) {
		return
	}
	attrs := []any{
		"peer", s.RemoteAddr(), "session", s.ID().String(),
		"reason", s.end.Reason, "phase", snapshot.PhaseSession, "closedBy", s.end.By,
		"age", s.Age().Round(time.Millisecond).String(),
		"received", s.messages.Received, "sent", s.messages.Sent,
	}
	if owed := s.pending.len() + len(s.held); owed > 0 {
		attrs = append(attrs, "repliesOwed", owed)
	}
	if s.end.Err != nil {
		attrs = append(attrs, "error", s.end.Err.Error())
	}
	message := "Connection lost"
	if s.end.Reason == snapshot.SessionLimit {
		message = "Connection rejected"
	}
	s.config.Log.Info(message, attrs...)
}

func (s *Session) logClosed() {
	if s.config.Log.Enabled(context.Background(), slog.LevelDebug) {
		s.config.Log.Debug("Connection closed", "peer", s.RemoteAddr(), "session", s.ID().String(),
			"age", s.Age().Round(time.Millisecond).String(), "sent", s.messages.Sent)
	}
}
