package server

import (
	"io"
	"testing"
	"time"

	"tcp-operator.io/test/proxy"
	"tcp-operator.io/workload/snapshot"
	"tcp-operator.io/workload/spec"
)

func TestDeadPeers(t *testing.T) { // C3
	second := spec.Duration(time.Second)
	tests := []struct {
		name   string
		change func(*spec.Server)
		send   string
	}{
		{"while idle, by keep-alive", func(s *spec.Server) {
			s.TCP.KeepAlive = spec.KeepAlive{Mode: spec.Enabled, Idle: second, Interval: second, Count: 1}
		}, ""},
		{"with unacknowledged data, by TCP_USER_TIMEOUT", func(s *spec.Server) {
			s.TCP.UserTimeout = second
			s.Reply.Delay = spec.Duration(100 * time.Millisecond)
		}, "hello"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			l := onLoopback(t, tt.change)
			c := l.dial()
			_, _ = io.WriteString(c, tt.send)
			l.until("made", func(s snapshot.Snapshot) bool { return s.Sessions.Open == 1 && int(s.Bytes.Received) == len(tt.send) })
			if err := proxy.Lose(c, true); err != nil {
				t.Fatal(err)
			}
			start := time.Now()
			s := l.until("reaped", func(s snapshot.Snapshot) bool { return s.Sessions.Open == 0 })
			t.Logf("C3: %s: reaped after %s", tt.name, time.Since(start).Round(10*time.Millisecond))
			if s.Closes[snapshot.KeepAliveTimeout] != 1 {
				t.Errorf("closes: %v", s.Closes)
			}
		})
	}
}
