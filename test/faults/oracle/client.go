package oracle

import (
	"fmt"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/types"

	"tcp-operator.io/api/v1alpha1"
	"tcp-operator.io/test/faults/world"
)

// target is where a client's pods should go.
type target struct {
	address string // host:port; empty: there are no pods yet
	missing bool   // the server that serverRef names does not exist
}

// Targets are where the clients of a world go that is as it should be: what a
// World has to remember.
func Targets(w world.World) map[types.UID]string {
	all := map[types.UID]string{}
	for _, cr := range world.All[*v1alpha1.TcpClient](w) {
		all[cr.UID] = targetOf(cr, w).address
	}
	return all
}

// targetOf follows docs/tcpclient.md: pods first start once the server is
// ready; from then on they stay, with the last target where the server is gone.
// Which that was is known from the past, and not from what the status says.
func targetOf(cr *v1alpha1.TcpClient, w world.World) target {
	if a := cr.Spec.Address; a != nil {
		return target{address: fmt.Sprintf("%s:%d", a.Host, a.Port)}
	}
	server := world.Find[*v1alpha1.TcpServer](w, cr.Spec.ServerRef.Name)
	host := fmt.Sprintf("%s.%s.svc", cr.Spec.ServerRef.Name, cr.Namespace)
	if server == nil || !server.DeletionTimestamp.IsZero() {
		last := w.Targets[cr.UID]
		if !strings.HasPrefix(last, host+":") {
			last = "" // it went elsewhere
		}
		return target{address: last, missing: true}
	}
	started := cr.Status.Target != "" || find(&findings{}, cr, w).deployment != nil
	if !started && !isTrue(server.Status.Conditions, "Ready") {
		return target{}
	}
	return target{address: fmt.Sprintf("%s:%d", host, server.Spec.Service.Port)}
}

func caller(f *findings, cr *v1alpha1.TcpClient, w world.World, image string) {
	to := targetOf(cr, w)
	clientChildren(f, cr, w, to, image)
	clientStatus(f, cr, to, find(f, cr, w))
}

func clientChildren(f *findings, cr *v1alpha1.TcpClient, w world.World, to target, image string) {
	children := find(f, cr, w)
	equal(f, cr, "having a Service", children.service != nil, false)
	if to.address == "" {
		if children.deployment != nil {
			former(f, cr, children.deployment)
		}
		return
	}
	equal(f, cr, "having a Deployment", children.deployment != nil, true)
	if d := children.deployment; d != nil {
		deployment(f, d, *cr.Spec.Replicas, image)
		clientSettings(f, d, cr.Spec, to)
	}
	restricted := cr.Spec.NetworkPolicy.Mode == v1alpha1.NetworkPolicyRestrict
	optional(f, cr, children, restricted, *cr.Spec.Replicas)
	if p := children.policy; p != nil && len(p.Spec.Egress) == 0 {
		f.add(p, "lets the pods reach nothing")
	}
}

// former holds that pods which are there although their client has no target
// are those of a former one: they stay with it.
func former(f *findings, cr *v1alpha1.TcpClient, d *appsv1.Deployment) {
	if host := settingsOf(f, d).Address.Host; host == fmt.Sprintf("%s.%s.svc", cr.Spec.ServerRef.Name, cr.Namespace) {
		f.add(d, "goes to %s, which has not been ready yet", host)
	}
}

func clientStatus(f *findings, cr *v1alpha1.TcpClient, to target, children childrenOf) {
	all := cr.Status.Conditions
	conditions(f, cr, all, cr.Status.ObservedGeneration,
		"Ready", "Accepted", "Available", "ResolvedRefs", "Connected", "ExpectationsMet")
	works := rolledOut(children.deployment)
	if to.address != "" {
		equal(f, cr, "Available", isTrue(all, "Available"), works)
		equal(f, cr, "Connected", isTrue(all, "Connected"), works)
	}
	equal(f, cr, "ResolvedRefs", isTrue(all, "ResolvedRefs"), !to.missing)
	equal(f, cr, "Ready", isTrue(all, "Ready"), works && !to.missing && to.address != "")
	equal(f, cr, "Accepted", isTrue(all, "Accepted"), true)
	equal(f, cr, "status.target", cr.Status.Target, to.address)
	equal(f, cr, "status.sessions.desired", cr.Status.Sessions.Desired, int64(*cr.Spec.Replicas)*int64(cr.Spec.Sessions))
	scale(f, cr, children.deployment, cr.Status.Replicas, cr.Status.ReadyReplicas, cr.Status.Selector)
}
