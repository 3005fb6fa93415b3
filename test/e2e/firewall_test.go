//go:build e2e

package e2e

import (
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// What a firewall may do to the packets of a session.
const (
	silently  = "drop"
	withReset = "reject with tcp reset"
)

// cut puts a firewall between a server's pod and all its clients, on the way
// through the node and in the lab's own network alone. It leaves out the admin
// port, so that probes and snapshots go on. The returned function removes it.
func (n namespace) cut(server corev1.Pod, how string) (lift func()) {
	n.t.Helper()
	table := "table ip " + strings.ReplaceAll(n.name, "-", "_")
	n.nft(fmt.Sprintf(`%[1]s {
		chain forward {
			type filter hook forward priority filter - 10; policy accept;
			ip daddr %[2]s tcp dport %[3]d counter %[4]s
			ip saddr %[2]s tcp sport %[3]d counter %[4]s
		}
	}`, table, server.Status.PodIP, server.Spec.Containers[0].Ports[0].ContainerPort, how))
	lifted := false
	lift = func() {
		if !lifted {
			lifted = true
			n.nft("delete " + table)
		}
	}
	n.t.Cleanup(lift)
	return lift
}

// nft changes the rules of the lab's network.
func (n namespace) nft(rules string) {
	n.t.Helper()
	if out, err := lab(n.t, rules, "exec", "--", "nft", "-f", "-"); err != nil {
		n.t.Fatalf("nft: %v\n%s", err, out)
	}
}
