package topology

import (
	"slices"
	"testing"

	"tcp-operator.io/workload/snapshot"
)

func end(of Key, pod, local, remote string) End {
	return End{Of: of, Pod: pod, SessionInfo: snapshot.SessionInfo{LocalAddress: local, RemoteAddress: remote}}
}

func TestBothEndsOfASessionAreFound(t *testing.T) {
	caller, greeter := ClientKey("default", "caller"), ServerKey("default", "greeter")
	const service, pod = "10.96.0.9:9527", "10.244.0.9:9527"
	joined := Join(
		[]End{end(caller, "caller-2", "10.244.0.8:1001", service), end(caller, "caller-1", "10.244.0.7:1000", service), end(caller, "caller-3", "10.244.0.6:9", service)},
		[]End{end(greeter, "greeter-1", pod, "10.244.0.7:1000"), end(greeter, "greeter-1", pod, "10.244.0.8:1001"), end(greeter, "greeter-1", pod, "192.0.2.1:5")},
	)
	var got []string
	for _, s := range joined {
		line := "?"
		if s.Client != nil {
			line = s.Client.Pod
		}
		if s.Server != nil {
			line += " = " + s.Server.RemoteAddress
		}
		got = append(got, line)
	}
	want := []string{"caller-1 = 10.244.0.7:1000", "caller-2 = 10.244.0.8:1001", "caller-3", "? = 192.0.2.1:5"}
	if !slices.Equal(want, got) {
		t.Errorf("sessions %q, want %q", got, want)
	}
}
