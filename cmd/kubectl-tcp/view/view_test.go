package view

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tcp-operator.io/api/v1alpha1"
	"tcp-operator.io/topology"
	"tcp-operator.io/workload/snapshot"
)

var update = flag.Bool("update", false, "rewrite the golden files")

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

var (
	greeter = topology.Server{
		Resource: topology.Resource{Namespace: "default", Name: "greeter", Health: topology.Healthy, Reason: "ReplicasReady",
			Message: "1 of 1 pods listen", Pods: 1, ReadyPods: 1, Messages: v1alpha1.MessagesStatus{Received: 120, Sent: 119}},
		Address:  "greeter.default.svc:9527",
		Sessions: v1alpha1.ServerSessionsStatus{Open: 1, Accepted: 3},
	}
	caller = topology.Client{
		Resource: topology.Resource{Namespace: "default", Name: "caller", Health: topology.Healthy, Reason: "SessionsEstablished",
			Message: "every desired session is established", Pods: 1, ReadyPods: 1, Messages: v1alpha1.MessagesStatus{Received: 119, Sent: 120, Exceptions: 1}},
		Target:    "greeter.default.svc:9527",
		Server:    &topology.Key{Kind: "TcpServer", Namespace: "default", Name: "greeter"},
		Sessions:  v1alpha1.ClientSessionsStatus{Desired: 1, Established: 1, Opened: 4, Lost: 3},
		RoundTrip: &v1alpha1.RoundTripStatus{P50Microseconds: 5_000_210, P99Microseconds: 5_104_900},
		Outages: []v1alpha1.Outage{
			{StartTime: metav1.NewMicroTime(noon.Add(-time.Minute)), Phase: "Connect", Reason: "Refused", ClosedBy: "Peer", Pod: "caller-5c-abcde", Attempts: 2},
			{StartTime: metav1.NewMicroTime(noon.Add(-time.Hour)), EndTime: &metav1.MicroTime{Time: noon.Add(-59 * time.Minute)}, DurationMilliseconds: 30_012,
				Phase: "Session", Reason: "PeerReset", ClosedBy: "Peer", Pod: "caller-5c-abcde", SessionAgeSeconds: 811, Attempts: 1},
		},
	}
	stalled = topology.Client{
		Resource: topology.Resource{Namespace: "default", Name: "lost", Health: topology.Failed, Reason: "NameConflict", Message: "rename it"},
		Target:   "db.example.com:5432", Sessions: v1alpha1.ClientSessionsStatus{Desired: 2}, Blocked: true,
	}
	waiting = topology.Client{
		Resource: topology.Resource{Namespace: "default", Name: "waiting", Health: topology.Progressing, Reason: "ServerNotFound"},
		Server:   &topology.Key{Kind: "TcpServer", Namespace: "default", Name: "missing"},
	}
	graph = topology.Graph{Servers: []topology.Server{greeter}, Clients: []topology.Client{caller, stalled, waiting}}

	pods = []PodLine{
		{Of: *caller.Server, Name: "greeter-1", Node: "worker-1", Ready: true, Restarts: 1, Rate: &topology.Rate{ReceivedPerSecond: 12.34, SentPerSecond: 0},
			Snapshot: &snapshot.Snapshot{Role: snapshot.Server, StartTime: noon.Add(-2 * time.Hour), Sessions: snapshot.Sessions{Open: 1}, Messages: snapshot.Messages{Received: 120, Sent: 119},
				TCP: &snapshot.TCP{RetransmittedSegments: 5}}},
		{Of: *caller.Server, Name: "greeter-2"},
		{Of: topology.ClientKey("default", "caller"), Name: "caller-5c-abcde", Node: "worker-2",
			Snapshot: &snapshot.Snapshot{Role: snapshot.Client, StartTime: noon.Add(-2 * time.Minute), Sessions: snapshot.Sessions{Desired: 1, Open: 1, Opened: 4, Lost: 3},
				Messages: snapshot.Messages{Received: 119, Sent: 120}, RoundTrip: &snapshot.RoundTrip{P50Microseconds: 830, P99Microseconds: 12_345}}},
	}
	near = topology.End{Of: topology.ClientKey("default", "caller"), Pod: "caller-5c-abcde", SessionInfo: snapshot.SessionInfo{ID: "b3f578b9-1", State: snapshot.Open,
		LocalAddress: "10.244.0.4:50736", RemoteAddress: "10.96.251.203:9527", AgeMilliseconds: 811_000, Messages: snapshot.Messages{Received: 7, Sent: 8},
		PendingReplies: 1, TCP: &snapshot.TCPInfo{State: "ESTAB", RoundTripMicroseconds: 152, RetransmittedSegments: 2, UnacknowledgedSegments: 1}}}
	far = topology.End{Of: *caller.Server, Pod: "greeter-1", SessionInfo: snapshot.SessionInfo{State: snapshot.HalfClosed,
		LocalAddress: "10.244.0.9:9527", RemoteAddress: "10.244.0.4:50736"}}
	sessions = []topology.Session{{Client: &near, Server: &far}, {Server: &far}}
)

func TestViews(t *testing.T) {
	now := Style{Now: noon}
	for name, print := range map[string]func(*bytes.Buffer){
		"topology":           func(w *bytes.Buffer) { Topology(w, graph, now) },
		"topology-wide":      func(w *bytes.Buffer) { Topology(w, graph, Style{Wide: true, Namespace: true}) },
		"topology-colour":    func(w *bytes.Buffer) { Topology(w, graph, Style{Colour: true}) },
		"topology-empty":     func(w *bytes.Buffer) { Topology(w, topology.Graph{}, now) },
		"pods":               func(w *bytes.Buffer) { Pods(w, pods, now) },
		"top":                func(w *bytes.Buffer) { Top(w, pods, now) },
		"top-wide":           func(w *bytes.Buffer) { Top(w, pods, Style{Now: noon, Wide: true, Namespace: true}) },
		"topology-none":      func(w *bytes.Buffer) { Topology(w, topology.Graph{}, Style{Within: "shop"}) },
		"hostile":            func(w *bytes.Buffer) { hostile().Print(w, Style{Now: noon, Colour: true}) },
		"sessions":           func(w *bytes.Buffer) { Sessions(w, sessions, now) },
		"sessions-wide":      func(w *bytes.Buffer) { Sessions(w, sessions, Style{Wide: true}) },
		"status-server":      func(w *bytes.Buffer) { Status{Server: &greeter, Pods: pods, Sessions: sessions}.Print(w, now) },
		"status-client":      func(w *bytes.Buffer) { statusOf(caller).Print(w, now) },
		"status-many":        func(w *bytes.Buffer) { manySessions().Print(w, now) },
		"status-new":         func(w *bytes.Buffer) { Status{Client: &waiting}.Print(w, now) },
		"status-blocked":     func(w *bytes.Buffer) { Status{Client: &stalled}.Print(w, now) },
		"sessions-of-nobody": func(w *bytes.Buffer) { Sessions(w, nil, now) },
	} {
		t.Run(name, func(t *testing.T) {
			var got bytes.Buffer
			print(&got)
			checkGolden(t, filepath.Join("testdata", name+".txt"), got.String())
		})
	}
}

func statusOf(c topology.Client) Status {
	return Status{
		Client: &c,
		Conditions: []metav1.Condition{
			{Type: "Ready", Status: "True", Reason: c.Reason, Message: c.Message, LastTransitionTime: metav1.NewTime(noon.Add(-time.Minute))},
		},
		Pods: pods[:1], Sessions: sessions,
		Events: []topology.Event{{Time: noon.Add(-30 * time.Second), Type: "Normal", Reason: "OutageEnded", Note: "The outage ended after 30.012s"}},
	}
}

// hostile is what a pod may say that wants to write to a terminal.
func hostile() Status {
	const clears = "\x1b[2J\x1b[31m"
	s := statusOf(caller)
	end := near
	end.LocalAddress, end.RemoteAddress, end.State, end.ID = clears, "\r\n\u202e", snapshot.State(clears), clears
	s.Sessions = []topology.Session{{Client: &end}}
	s.Events[0].Note = "over\ntwo lines" + clears
	s.Conditions[0].Message = clears
	return s
}

func TestReconnectsAreWhatWasEstablishedAgain(t *testing.T) {
	over := noon
	never := snapshot.Outage{Phase: snapshot.PhaseConnect}
	for name, c := range map[string]struct {
		said snapshot.Snapshot
		want int64
	}{
		"not established yet":      {snapshot.Snapshot{Sessions: snapshot.Sessions{Desired: 2}}, 0},
		"established at once":      {snapshot.Snapshot{Sessions: snapshot.Sessions{Desired: 2, Open: 2, Opened: 2}}, 0},
		"lost and not back":        {snapshot.Snapshot{Sessions: snapshot.Sessions{Desired: 2, Open: 1, Opened: 2, Lost: 1}, Outages: []snapshot.Outage{{Phase: snapshot.PhaseSession}}}, 0},
		"lost and back":            {snapshot.Snapshot{Sessions: snapshot.Sessions{Desired: 2, Open: 2, Opened: 3, Lost: 1}, Outages: []snapshot.Outage{{Phase: snapshot.PhaseSession, EndTime: &over}}}, 1},
		"late at first":            {snapshot.Snapshot{Sessions: snapshot.Sessions{Desired: 1, Open: 1, Opened: 1}, Outages: []snapshot.Outage{{Phase: snapshot.PhaseConnect, EndTime: &over}}}, 0},
		"one back, one never come": {snapshot.Snapshot{Sessions: snapshot.Sessions{Desired: 2, Open: 1, Opened: 4, Lost: 3}, Outages: []snapshot.Outage{never}}, 3},
	} {
		if got := reconnects(&c.said); got != c.want {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
	}
}

func manySessions() Status {
	s := statusOf(caller)
	s.TotalSessions = 2345
	for len(s.Sessions) < 12 {
		s.Sessions = append(s.Sessions, sessions[0])
	}
	return s
}

func checkGolden(t *testing.T, golden, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
		t.Errorf("go test -update writes %s anew (-want +got):\n%s", golden, diff)
	}
}
