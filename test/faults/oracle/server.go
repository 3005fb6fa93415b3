package oracle

import (
	"fmt"
	"maps"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"tcp-operator.io/api/v1alpha1"
	"tcp-operator.io/test/faults/world"
)

func server(f *findings, cr *v1alpha1.TcpServer, w world.World, image string) {
	serverChildren(f, cr, w, image)
	serverStatus(f, cr, find(f, cr, w))
}

func serverChildren(f *findings, cr *v1alpha1.TcpServer, w world.World, image string) {
	children := find(f, cr, w)
	equal(f, cr, "having a Deployment", children.deployment != nil, true)
	equal(f, cr, "having a Service", children.service != nil, true)
	if d := children.deployment; d != nil {
		deployment(f, d, *cr.Spec.Replicas, image)
		serverSettings(f, d, cr.Spec)
	}
	if s := children.service; s != nil {
		service(f, s, cr, children)
	}
	restricted := cr.Spec.NetworkPolicy.Mode == v1alpha1.NetworkPolicyRestrict
	optional(f, cr, children, restricted, *cr.Spec.Replicas)
	if p := children.policy; p != nil && !admits(p.Spec.Ingress, "tcp") {
		f.add(p, "does not admit the server's port")
	}
}

func service(f *findings, s *corev1.Service, cr *v1alpha1.TcpServer, children childrenOf) {
	equal(f, s, "the type", string(s.Spec.Type), cr.Spec.Service.Type)
	if len(s.Spec.Ports) != 1 {
		f.add(s, "has ports %v, want one", s.Spec.Ports)
		return
	}
	port := s.Spec.Ports[0]
	equal(f, s, "the port", port.Port, cr.Spec.Service.Port)
	equal(f, s, "having a node port", port.NodePort != 0, cr.Spec.Service.Type != "ClusterIP")
	if d := children.deployment; d != nil {
		template := d.Spec.Template
		selects(f, s, s.Spec.Selector, template.Labels)
		equal(f, s, "the pods' port that it leads to", reached(template.Spec, port), cr.Spec.Port)
	}
}

// reached is the number of the pods' port that a Service's port leads to; 0
// where it leads nowhere.
func reached(pod corev1.PodSpec, port corev1.ServicePort) int32 {
	if port.TargetPort.StrVal == "" {
		return port.TargetPort.IntVal
	}
	for _, container := range pod.Containers {
		for _, p := range container.Ports {
			if p.Name == port.TargetPort.StrVal {
				return p.ContainerPort
			}
		}
	}
	return 0
}

func serverStatus(f *findings, cr *v1alpha1.TcpServer, children childrenOf) {
	conditions(f, cr, cr.Status.Conditions, cr.Status.ObservedGeneration, "Ready", "Accepted", "Available")
	works := rolledOut(children.deployment)
	equal(f, cr, "Ready", isTrue(cr.Status.Conditions, "Ready"), works)
	equal(f, cr, "Available", isTrue(cr.Status.Conditions, "Available"), works)
	equal(f, cr, "Accepted", isTrue(cr.Status.Conditions, "Accepted"), true)
	equal(f, cr, "status.address", cr.Status.Address, fmt.Sprintf("%s.%s.svc:%d", cr.Name, cr.Namespace, cr.Spec.Service.Port))
	scale(f, cr, children.deployment, cr.Status.Replicas, cr.Status.ReadyReplicas, cr.Status.Selector)
	if s := children.service; s != nil && len(s.Spec.Ports) == 1 {
		equal(f, cr, "status.nodePort", cr.Status.NodePort, s.Spec.Ports[0].NodePort)
	}
}

// selects notes where the selector does not select pods with the labels.
func selects(f *findings, o client.Object, selector, labels map[string]string) {
	want := maps.Clone(labels)
	maps.Copy(want, selector)
	if len(selector) == 0 || !maps.Equal(want, labels) {
		f.add(o, "selector %v does not select the pods' labels %v", selector, labels)
	}
}
