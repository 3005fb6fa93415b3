package page

import (
	"fmt"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tcp-operator.io/api/v1alpha1"
	"tcp-operator.io/topology"
	"tcp-operator.io/workload/snapshot"
)

// BenchmarkDrawing draws a thousand servers and a thousand clients that have
// had ten outages each.
func BenchmarkDrawing(b *testing.B) {
	seen := topology.Seen{Time: time.Now(), Snapshots: map[topology.Key][]snapshot.Snapshot{}}
	outage := v1alpha1.Outage{StartTime: metav1.NowMicro(), Phase: "Session", Reason: "PeerReset", ClosedBy: "Peer",
		Pod: "caller-7d9f6-x2x4q", Node: "worker-1", LocalAddress: "10.0.0.7:41234", RemoteAddress: "10.0.0.9:9527", SessionAgeSeconds: 811, Attempts: 2}
	for i := range 1000 {
		name := fmt.Sprintf("r%04d", i)
		at := metav1.ObjectMeta{Namespace: "default", Name: name}
		seen.Servers = append(seen.Servers, v1alpha1.TcpServer{ObjectMeta: at, Status: v1alpha1.TcpServerStatus{Address: name + ".default.svc:9527"}})
		c := v1alpha1.TcpClient{ObjectMeta: at, Spec: v1alpha1.TcpClientSpec{ServerRef: &v1alpha1.ServerReference{Name: name}}}
		for range 10 {
			c.Status.Outages = append(c.Status.Outages, outage)
		}
		seen.Clients = append(seen.Clients, c)
		seen.Snapshots[topology.ServerKey("default", name)] = []snapshot.Snapshot{{Instance: "s" + name}}
		seen.Snapshots[topology.ClientKey("default", name)] = []snapshot.Snapshot{{Instance: "c" + name}}
	}
	var meter topology.Meter
	var d drawing
	for b.Loop() {
		var err error
		graph := topology.Draw(seen, &meter)
		if d, err = encode(topologyAnswer{Servers: graph.Servers, Clients: graph.Clients, Live: true}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(d.plain)), "B/picture")
	b.ReportMetric(float64(len(d.zipped)), "B/compressed")
}
