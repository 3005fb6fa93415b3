package node

import (
	"context"
	"errors"
	"net"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

func TestNodeReady(t *testing.T) {
	tests := map[string]struct{ node, want string }{
		"ready": {
			node: `{"status":{"conditions":[{"type":"MemoryPressure","status":"False"},{"type":"Ready","status":"True"}]}}`,
		},
		"its network is missing": {
			node: `{"status":{"conditions":[{"type":"Ready","status":"False","message":"no network"}]}}`,
			want: "no network",
		},
		"ready, but no pod may run there yet": {
			node: `{"spec":{"taints":[{"key":"not-ready","effect":"NoSchedule"}]},
				"status":{"conditions":[{"type":"Ready","status":"True"}]}}`,
			want: "taint not-ready",
		},
		"silent":  {node: `{}`, want: "not reported"},
		"no JSON": {node: `x`, want: "read the node"},
	}
	for name, c := range tests {
		err := nodeReady([]byte(c.node))
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
	}
}

func TestUntil(t *testing.T) {
	no := errors.New("not yet")
	synctest.Test(t, func(t *testing.T) {
		asked := 0
		err := until(t.Context(), func(context.Context) error {
			if asked++; asked < 5 {
				return no
			}
			return nil
		})
		if err != nil || asked != 5 {
			t.Errorf("asked %d times, got %v", asked, err)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		err := until(t.Context(), func(context.Context) error { return no })
		if !errors.Is(err, no) || time.Since(began) != patience {
			t.Errorf("after %s got %v", time.Since(began), err)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		died := errors.New("a component ended")
		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(died)
		if err := until(ctx, func(context.Context) error { return no }); !errors.Is(err, died) {
			t.Errorf("got %v", err)
		}
	})
}

func TestDescribeHowAProgramEnded(t *testing.T) {
	status := func(cmd *exec.Cmd) syscall.WaitStatus {
		_ = cmd.Run()
		return cmd.ProcessState.Sys().(syscall.WaitStatus)
	}
	for script, want := range map[string]string{
		"exit 3":        "exit code 3",
		"kill -TERM $$": "signal: terminated",
	} {
		if got := describe(status(exec.Command("sh", "-c", script))); got != want {
			t.Errorf("%s: got %q, want %q", script, got, want)
		}
	}
}

func TestPumpPassesTheEndOn(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	pair := func() (near, far net.Conn) {
		near, err := net.Dial("tcp", listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		far, err = listener.Accept()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _, _ = near.Close(), far.Close() })
		return near, far
	}
	client, from := pair()
	to, server := pair()
	if _, err := client.Write([]byte("hello")); err != nil {
		t.Fatal(err)
	}
	if err := client.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	pump(to, from)
	var got strings.Builder
	buffer := make([]byte, 16)
	for {
		n, err := server.Read(buffer)
		got.Write(buffer[:n])
		if err != nil {
			break
		}
	}
	if got.String() != "hello" {
		t.Errorf("got %q", got.String())
	}
	if _, err := to.Read(buffer[:0]); err != nil {
		t.Errorf("the other direction is closed too: %v", err)
	}
}
