package oracle

import (
	"fmt"

	"tcp-operator.io/api/v1alpha1"
	"tcp-operator.io/test/faults/world"
)

// target is where a client's pods should go.
type target struct {
	address string // host:port; empty: there are no pods yet
	missing bool   // the server that serverRef names does not exist
}

// targetOf follows docs/tcpclient.md: pods first start once the server is
// ready; from then on they stay, with the last target where the server is gone.
func targetOf(cr *v1alpha1.TcpClient, w world.World) target {
	if a := cr.Spec.Address; a != nil {
		return target{address: fmt.Sprintf("%s:%d", a.Host, a.Port)}
	}
	server := world.Find[*v1alpha1.TcpServer](w, cr.Spec.ServerRef.Name)
	if server == nil {
		return target{address: cr.Status.Target, missing: true}
	}
	started := cr.Status.Target != ""
	if !started && !isTrue(server.Status.Conditions, "Ready") {
		return target{}
	}
	return target{address: fmt.Sprintf("%s.%s.svc:%d", server.Name, server.Namespace, server.Spec.Service.Port)}
}

func caller(f *findings, cr *v1alpha1.TcpClient, w world.World, image string) {
	to := targetOf(cr, w)
	clientChildren(f, cr, w, to, image)
	clientStatus(f, cr, to, find(f, cr, w))
}

func clientChildren(f *findings, cr *v1alpha1.TcpClient, w world.World, to target, image string) {
	children := find(f, cr, w)
	started := to.address != ""
	equal(f, cr, "having a Deployment", children.deployment != nil, started)
	equal(f, cr, "having a Service", children.service != nil, false)
	if d := children.deployment; d != nil {
		deployment(f, d, *cr.Spec.Replicas, image)
		clientSettings(f, d, cr.Spec, to)
	}
	if !started {
		return
	}
	restricted := cr.Spec.NetworkPolicy.Mode == v1alpha1.NetworkPolicyRestrict
	optional(f, cr, children, restricted, *cr.Spec.Replicas)
	if p := children.policy; p != nil && len(p.Spec.Egress) == 0 {
		f.add(p, "lets the pods reach nothing")
	}
}

func clientStatus(f *findings, cr *v1alpha1.TcpClient, to target, children childrenOf) {
	all := cr.Status.Conditions
	conditions(f, cr, all, cr.Status.ObservedGeneration,
		"Ready", "Accepted", "Available", "ResolvedRefs", "Connected", "ExpectationsMet")
	works := rolledOut(children.deployment)
	equal(f, cr, "Available", isTrue(all, "Available"), works)
	equal(f, cr, "Connected", isTrue(all, "Connected"), works)
	equal(f, cr, "ResolvedRefs", isTrue(all, "ResolvedRefs"), !to.missing)
	equal(f, cr, "Ready", isTrue(all, "Ready"), works && !to.missing)
	equal(f, cr, "Accepted", isTrue(all, "Accepted"), true)
	equal(f, cr, "status.target", cr.Status.Target, to.address)
	equal(f, cr, "status.sessions.desired", cr.Status.Sessions.Desired, int64(*cr.Spec.Replicas)*int64(cr.Spec.Sessions))
	scale(f, cr, children.deployment, cr.Status.Replicas, cr.Status.ReadyReplicas, cr.Status.Selector)
}
