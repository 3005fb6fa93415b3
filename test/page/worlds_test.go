package page

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	eventsv1 "k8s.io/api/events/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tcp-operator.io/api/v1alpha1"
	"tcp-operator.io/controllers/observed"
	"tcp-operator.io/topology"
	"tcp-operator.io/workload/snapshot"
)

// world is what a page is shown. Its numbers move by themselves, at rates that
// are always the same.
type world struct {
	begin     time.Time
	pods      map[topology.Key][]observed.PodSessions
	events    map[topology.Key][]eventsv1.Event
	perSecond map[topology.Key]int64

	mu      sync.Mutex
	seen    topology.Seen
	down    bool // every question fails
	follows bool // another manager leads
	asked   int  // how often somebody asked for sessions
	cookie  string
}

// remember keeps the cookies of the newest request for the picture.
func (w *world) remember(next http.Handler) http.Handler {
	return http.HandlerFunc(func(answer http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/topology") {
			w.mu.Lock()
			w.cookie = r.Header.Get("Cookie")
			w.mu.Unlock()
		}
		next.ServeHTTP(answer, r)
	})
}

func newWorld() *world {
	return &world{
		begin: time.Now(), pods: map[topology.Key][]observed.PodSessions{}, events: map[topology.Key][]eventsv1.Event{},
		perSecond: map[topology.Key]int64{},
	}
}

// change changes what there is, while pages look at it.
func (w *world) change(edit func(seen *topology.Seen)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	edit(&w.seen)
}

func (w *world) fail(down bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.down = down
}

func (w *world) Look(context.Context) (topology.Seen, bool, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.down {
		return topology.Seen{}, false, errors.New("out of order")
	}
	seen := w.seen
	seen.Servers = append([]v1alpha1.TcpServer{}, seen.Servers...)
	seen.Clients = append([]v1alpha1.TcpClient{}, seen.Clients...)
	seen.Snapshots = map[topology.Key][]snapshot.Snapshot{}
	for i := range seen.Servers {
		s := seen.Servers[i].Status.Sessions
		w.say(&seen, topology.ServerKey(seen.Servers[i].Namespace, seen.Servers[i].Name), snapshot.Sessions{Open: s.Open, Opened: s.Accepted, Rejected: s.Rejected})
	}
	for i := range seen.Clients {
		s := seen.Clients[i].Status.Sessions
		w.say(&seen, topology.ClientKey(seen.Clients[i].Namespace, seen.Clients[i].Name), snapshot.Sessions{Open: s.Established, Opened: s.Opened, Lost: s.Lost})
	}
	return seen, !w.follows, nil
}

// say adds the snapshot of a resource's only pod. Its clock stands between the
// readings of a rate, so that rates do not depend on the machine's speed.
func (w *world) say(seen *topology.Seen, key topology.Key, sessions snapshot.Sessions) {
	elapsed := time.Since(w.begin).Truncate(time.Second)
	n := 1000 + w.perSecond[key]*int64(elapsed/time.Second)
	seen.Snapshots[key] = []snapshot.Snapshot{{
		Instance: fmt.Sprint(key), ObservedTime: w.begin.Add(elapsed), Sessions: sessions, Messages: snapshot.Messages{Received: n, Sent: n},
	}}
}

func (w *world) Exists(context.Context, topology.Key) (bool, error) { return true, nil }

func (w *world) Sessions(_ context.Context, key topology.Key) ([]observed.PodSessions, int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asked++
	var pods []observed.PodSessions
	for _, pod := range w.pods[key] {
		pod.Sessions = append([]snapshot.SessionInfo{}, pod.Sessions...)
		for i := range pod.Sessions {
			pod.Sessions[i].AgeMilliseconds = time.Since(pod.Sessions[i].StartTime).Milliseconds()
			pod.Sessions[i].Messages.Received += int64(w.asked)
		}
		pods = append(pods, pod)
	}
	return pods, 0, nil
}

func (w *world) Events(_ context.Context, key topology.Key) ([]eventsv1.Event, error) {
	return w.events[key], nil
}

// server adds a TcpServer that listens.
func (w *world) server(namespace, name string, open, perSecond int64, change ...func(*v1alpha1.TcpServer)) {
	s := v1alpha1.TcpServer{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name, Generation: 1}}
	s.Status = v1alpha1.TcpServerStatus{
		ObservedGeneration: 1, Replicas: 1, ReadyReplicas: 1, Address: fmt.Sprintf("%s.%s.svc:9527", name, namespace),
		Sessions:   v1alpha1.ServerSessionsStatus{Open: open, Accepted: open + 2},
		Conditions: []metav1.Condition{{Type: v1alpha1.ConditionReady, Status: "True", Reason: v1alpha1.ReasonReplicasReady, Message: "1 of 1 replicas listen"}},
	}
	for _, c := range change {
		c(&s)
	}
	w.perSecond[topology.ServerKey(namespace, name)] = perSecond
	w.seen.Servers = append(w.seen.Servers, s)
}

// client adds a TcpClient of a server that holds all its sessions.
func (w *world) client(namespace, name, server string, sessions, perSecond int64, change ...func(*v1alpha1.TcpClient)) {
	c := v1alpha1.TcpClient{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name, Generation: 1}}
	c.Spec.ServerRef = &v1alpha1.ServerReference{Name: server}
	c.Status = v1alpha1.TcpClientStatus{
		ObservedGeneration: 1, Replicas: 1, ReadyReplicas: 1, Target: fmt.Sprintf("%s.%s.svc:9527", server, namespace),
		Sessions:  v1alpha1.ClientSessionsStatus{Desired: sessions, Established: sessions, Opened: sessions},
		RoundTrip: &v1alpha1.RoundTripStatus{P50Microseconds: 5_000_210, P99Microseconds: 5_012_900},
		Conditions: []metav1.Condition{{Type: v1alpha1.ConditionReady, Status: "True", Reason: v1alpha1.ReasonSessionsEstablished,
			Message: fmt.Sprintf("%d of %d sessions are established", sessions, sessions)}},
	}
	for _, edit := range change {
		edit(&c)
	}
	w.perSecond[topology.ClientKey(namespace, name)] = perSecond
	w.seen.Clients = append(w.seen.Clients, c)
}

// unwell gives a resource a condition in place of Ready.
func unwell(conditions *[]metav1.Condition, kind, reason, message string) {
	*conditions = []metav1.Condition{
		{Type: v1alpha1.ConditionReady, Status: "False", Reason: reason, Message: message},
		{Type: kind, Status: "True", Reason: reason, Message: message},
	}
}

// elsewhere makes a client connect to an address in place of a server.
func elsewhere(host string, port int32) func(*v1alpha1.TcpClient) {
	return func(c *v1alpha1.TcpClient) {
		c.Spec.ServerRef, c.Spec.Address = nil, &v1alpha1.Address{Host: host, Port: port}
		c.Status.Target = fmt.Sprintf("%s:%d", host, port)
	}
}

// shop is a small world with one of everything.
func shop() *world {
	w := newWorld()
	w.server("default", "greeter", 1, 0)
	w.client("default", "caller", "greeter", 1, 0)
	w.server("shop", "orders", 14, 120)
	w.client("shop", "canary", "orders", 2, 10, func(c *v1alpha1.TcpClient) {
		c.Status.Sessions = v1alpha1.ClientSessionsStatus{Desired: 2, Established: 1, Opened: 4, Lost: 3}
		c.Status.ReadyReplicas = 0 // a client's pod is ready while it holds its sessions
		unwell(&c.Status.Conditions, v1alpha1.ConditionReconciling, v1alpha1.ReasonSessionsNotEstablished, "1 of 2 sessions is established: PeerReset in phase Session")
		c.Status.Outages = outages(w.begin)
	})
	w.client("shop", "checkout", "orders", 8, 80)
	w.client("shop", "stock", "orders", 4, 30, func(c *v1alpha1.TcpClient) {
		c.Status.RoundTrip = &v1alpha1.RoundTripStatus{P50Microseconds: 840, P99Microseconds: 2310}
	})
	w.client("shop", "intruder", "orders", 1, 0, func(c *v1alpha1.TcpClient) {
		c.Spec.Expect.Connect = v1alpha1.PathBlocked
		c.Status.Sessions, c.Status.RoundTrip = v1alpha1.ClientSessionsStatus{Desired: 1}, nil
	})
	w.client("shop", "ledger", "", 1, 2, elsewhere("db.example.com", 5432))
	w.client("shop", "lost", "returns", 1, 0, func(c *v1alpha1.TcpClient) {
		c.Status.Sessions, c.Status.RoundTrip, c.Status.Replicas, c.Status.ReadyReplicas = v1alpha1.ClientSessionsStatus{Desired: 1}, nil, 0, 0
		unwell(&c.Status.Conditions, v1alpha1.ConditionReconciling, v1alpha1.ReasonServerNotFound, "There is no TcpServer returns")
	})
	w.server("shop", "audit", 0, 0, func(s *v1alpha1.TcpServer) {
		s.Status.Replicas, s.Status.ReadyReplicas = 0, 0
		unwell(&s.Status.Conditions, v1alpha1.ConditionStalled, v1alpha1.ReasonNameConflict, "There is a Deployment audit that does not belong to this TcpServer: <b>remove</b> it, or choose another name")
	})
	w.describe(topology.ClientKey("shop", "canary"))
	return w
}

// crowd gives a server five pods with sessions over IPv6, whose addresses are
// the longest.
func (w *world) crowd(key topology.Key) {
	for i := range 5 {
		pod := observed.PodSessions{Name: fmt.Sprintf("%s-6c8d7b5f4-%05d", key.Name, i), Node: "worker-1", Ready: i != 3, Total: 60}
		for n := range 3 {
			pod.Sessions = append(pod.Sessions, snapshot.SessionInfo{
				ID: fmt.Sprintf("%d-%d", i, n), State: snapshot.States()[n], StartTime: w.begin.Add(-time.Duration(n+1) * 31 * time.Hour),
				LocalAddress: fmt.Sprintf("[2001:db8:85a3:1234:5678:8a2e:370:%d]:9527", 7330+i), RemoteAddress: fmt.Sprintf("[2001:db8:85a3:1234:5678:8a2e:371:7444]:%d", 41234+n),
				Messages: snapshot.Messages{Received: 1_234_567, Sent: 1_234_568}, TCP: &snapshot.TCPInfo{RoundTripMicroseconds: 112_412, RetransmittedSegments: 12_345},
			})
		}
		w.pods[key] = append(w.pods[key], pod)
	}
}

func outages(now time.Time) []v1alpha1.Outage {
	at := func(ago time.Duration) metav1.MicroTime { return metav1.NewMicroTime(now.Add(-ago)) }
	ended := func(ago time.Duration) *metav1.MicroTime { return new(at(ago)) }
	return []v1alpha1.Outage{
		{StartTime: at(40 * time.Second), Phase: "Session", Reason: "PeerReset", ClosedBy: "Peer", Pod: "canary-7d9f6-x2x4q", RemoteAddress: "10.96.4.11:9527", SessionAgeSeconds: 811, Attempts: 2},
		{StartTime: at(17 * time.Minute), EndTime: ended(14 * time.Minute), DurationMilliseconds: 180_000, Phase: "Connect", Reason: "ConnectTimeout", Attempts: 6, SessionAgeSeconds: 350},
		{StartTime: at(46 * time.Minute), EndTime: ended(45*time.Minute + 29*time.Second), DurationMilliseconds: 31_012, Phase: "Session", Reason: "KeepAliveTimeout", ClosedBy: "Network", SessionAgeSeconds: 2100, Attempts: 1},
	}
}

// describe gives a client pods, sessions and events.
func (w *world) describe(key topology.Key) {
	session := snapshot.SessionInfo{
		ID: "s-1", State: snapshot.Open, LocalAddress: "10.0.0.7:41234", RemoteAddress: "10.96.4.11:9527", StartTime: w.begin.Add(-13 * time.Minute),
		Messages: snapshot.Messages{Received: 162, Sent: 163}, TCP: &snapshot.TCPInfo{RoundTripMicroseconds: 412, RetransmittedSegments: 2},
	}
	w.pods[key] = []observed.PodSessions{{Name: "canary-7d9f6-x2x4q", Node: "worker-1", Total: 1, Sessions: []snapshot.SessionInfo{session}}}
	event := func(ago time.Duration, kind, reason, note string) eventsv1.Event {
		return eventsv1.Event{EventTime: metav1.NewMicroTime(w.begin.Add(-ago)), Type: kind, Reason: reason, Note: note}
	}
	w.events[key] = []eventsv1.Event{
		event(40*time.Second, "Warning", "OutageBegan", "A session ended after 13m31s: PeerReset, closed by Peer"),
		event(14*time.Minute, "Normal", "OutageEnded", "A session is established again after 3m0s: ConnectTimeout"),
	}
}

// many is a world of a thousand servers and a thousand clients, in twenty
// namespaces.
func many() *world {
	w := newWorld()
	for i := range 1000 {
		namespace, name := fmt.Sprintf("team-%02d", i%20), fmt.Sprintf("r%04d", i)
		w.server(namespace, "server-"+name, 1, 5)
		w.client(namespace, "client-"+name, "server-"+name, 1, 5, func(c *v1alpha1.TcpClient) {
			if i%97 == 0 {
				c.Status.Sessions.Established = 0
				unwell(&c.Status.Conditions, v1alpha1.ConditionReconciling, v1alpha1.ReasonSessionsNotEstablished, "no session is established")
				c.Status.Outages = outages(w.begin)
			}
		})
	}
	return w
}
