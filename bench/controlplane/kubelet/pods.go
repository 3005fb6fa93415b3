package kubelet

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
	corev1 "k8s.io/api/core/v1"

	"tcp-operator.io/api/v1alpha1"
	"tcp-operator.io/controllers/desired"
	"tcp-operator.io/workload/snapshot"
	"tcp-operator.io/workload/spec"
	"tcp-operator.io/workload/stats"
)

// Pods gives pods addresses of the loopback network, and answers there as the
// workload would. Its zero value has no pods.
type Pods struct {
	mu     sync.Mutex
	byAddr map[netip.Addr]podSnapshot
	busy   func(resource string) bool
}

// podSnapshot is what a pod says, and which resource it belongs to.
type podSnapshot struct {
	resource string
	snapshot snapshot.Snapshot
}

// SetBusy says of which resources the pods have traffic: their counters move
// whenever they are asked. nil: of none.
func (p *Pods) SetBusy(busy func(resource string) bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.busy = busy
}

// Forget forgets all pods. Their addresses are used again.
func (p *Pods) Forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.byAddr, p.busy = nil, nil
}

// add gives the pod an address.
func (p *Pods) add(pod *corev1.Pod) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.byAddr == nil {
		p.byAddr = map[netip.Addr]podSnapshot{}
	}
	addr := address(len(p.byAddr))
	p.byAddr[addr] = podSnapshot{resource: pod.Labels[desired.NameLabel], snapshot: settled(pod)}
	return addr.String()
}

// address is the nth of 127.1.0.0/16 and the networks after it.
func address(n int) netip.Addr {
	return netip.AddrFrom4([4]byte{127, byte(1 + n>>16), byte(n >> 8), byte(n)})
}

// settled is the snapshot of a pod whose one session has exchanged messages.
func settled(pod *corev1.Pod) snapshot.Snapshot {
	now := time.Now()
	s := snapshot.Snapshot{
		Version:      snapshot.Version,
		Role:         snapshot.Server,
		Instance:     string(pod.UID),
		Pod:          pod.Name,
		Node:         pod.Spec.NodeName,
		StartTime:    now,
		ObservedTime: now,
		Ready:        true,
	}
	set := stats.New()
	set.Opened()
	set.Traffic(0).Message(false, now)
	set.Traffic(0).Sent(1, len("response from the server 2006-01-02 15:04:05"))
	if pod.Labels[desired.KindLabel] == v1alpha1.ClientKind.Kind {
		s.Role, s.Sessions.Desired = snapshot.Client, 1
		set.RoundTrip.Observe(5 * time.Second)
	}
	set.Fill(&s)
	s.Sessions.Open = 1
	return s
}

// Serve answers until ctx is done.
func (p *Pods) Serve(ctx context.Context) error {
	listener, err := (&net.ListenConfig{Control: onLoopbackOnly}).Listen(ctx, "tcp4", net.JoinHostPort("0.0.0.0", strconv.Itoa(spec.AdminPort)))
	if err != nil {
		return fmt.Errorf("serving snapshots: %w", err)
	}
	server := &http.Server{Handler: p}
	context.AfterFunc(ctx, func() { _ = server.Close() })
	if err := server.Serve(listener); ctx.Err() == nil {
		return fmt.Errorf("serving snapshots: %w", err)
	}
	return nil
}

// onLoopbackOnly makes a socket for all addresses one for all of 127.0.0.0/8.
func onLoopbackOnly(_, _ string, c syscall.RawConn) error {
	var err error
	if controlErr := c.Control(func(fd uintptr) { err = unix.BindToDevice(int(fd), "lo") }); controlErr != nil {
		return controlErr
	}
	return err
}

// ServeHTTP is /v1/snapshot of the pod whose address was asked.
func (p *Pods) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s, ok := p.snapshot(r.Context().Value(http.LocalAddrContextKey).(*net.TCPAddr).AddrPort().Addr())
	if !ok || r.URL.Path != snapshot.Path {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(s) // whoever asked may have gone
}

// snapshot is what the pod at addr says now. One that is busy has received and
// sent a message in every millisecond of its life.
func (p *Pods) snapshot(addr netip.Addr) (snapshot.Snapshot, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	pod, ok := p.byAddr[addr.Unmap()]
	s := pod.snapshot
	s.ObservedTime = time.Now()
	if p.busy != nil && p.busy(pod.resource) {
		s.Messages.Received += s.ObservedTime.Sub(s.StartTime).Milliseconds()
		s.Messages.Sent = s.Messages.Received
		s.LastMessageTime = &s.ObservedTime
	}
	return s, ok
}
