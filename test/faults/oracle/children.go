package oracle

import (
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/labels"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// deployment holds what a server's and a client's Deployment have in common.
func deployment(f *findings, d *appsv1.Deployment, replicas int32, image string) {
	equal(f, d, "replicas", *d.Spec.Replicas, replicas)
	selects(f, d, d.Spec.Selector.MatchLabels, d.Spec.Template.Labels)
	if len(d.Spec.Template.Spec.Containers) != 1 {
		f.add(d, "has %d containers, want 1", len(d.Spec.Template.Spec.Containers))
		return
	}
	equal(f, d, "the image", d.Spec.Template.Spec.Containers[0].Image, image)
}

// optional holds that a NetworkPolicy exists if it is asked for, and a
// PodDisruptionBudget if there are several pods, and that both are about them.
func optional(f *findings, cr client.Object, children childrenOf, restricted bool, replicas int32) {
	equal(f, cr, "having a NetworkPolicy", children.policy != nil, restricted)
	equal(f, cr, "having a PodDisruptionBudget", children.budget != nil, replicas > 1)
	if children.deployment == nil {
		return
	}
	pods := children.deployment.Spec.Template.Labels
	if p := children.policy; p != nil {
		selects(f, p, p.Spec.PodSelector.MatchLabels, pods)
	}
	if b := children.budget; b != nil {
		selects(f, b, b.Spec.Selector.MatchLabels, pods)
		equal(f, b, "maxUnavailable", b.Spec.MaxUnavailable.String(), "1")
	}
}

// admits tells whether one of the rules is about the port of the name.
func admits(rules []networkingv1.NetworkPolicyIngressRule, port string) bool {
	for _, rule := range rules {
		for _, p := range rule.Ports {
			if p.Port != nil && p.Port.StrVal == port {
				return true
			}
		}
	}
	return false
}

// rolledOut tells whether every wanted pod runs the current template and is
// ready, as far as the Deployment's status says.
func rolledOut(d *appsv1.Deployment) bool {
	if d == nil {
		return false
	}
	s, want := d.Status, *d.Spec.Replicas
	return s.ObservedGeneration >= d.Generation && s.Replicas == want && s.UpdatedReplicas == want && s.ReadyReplicas == want
}

// scale holds what an autoscaler reads.
func scale(f *findings, cr client.Object, d *appsv1.Deployment, replicas, ready int32, selector string) {
	var status appsv1.DeploymentStatus
	if d != nil {
		status = d.Status
	}
	equal(f, cr, "status.replicas", replicas, status.Replicas)
	equal(f, cr, "status.readyReplicas", ready, status.ReadyReplicas)
	parsed, err := labels.Parse(selector)
	if err != nil || strings.TrimSpace(selector) == "" {
		f.add(cr, "status.selector is %q: %v", selector, err)
	} else if d != nil && !parsed.Matches(labels.Set(d.Spec.Template.Labels)) {
		f.add(cr, "status.selector %q does not select the pods", selector)
	}
}
