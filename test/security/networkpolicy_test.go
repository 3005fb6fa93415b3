package security

import (
	"slices"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/labels"

	"tcp-operator.io/controllers/desired"
	"tcp-operator.io/test/crd"
	"tcp-operator.io/test/kustomize"
)

// shippedPolicies are those of config/default with the component.
func shippedPolicies(t *testing.T) (found policies, manager appsv1.Deployment) {
	t.Helper()
	all := kustomize.BuildWith(t, "config/default", "config/network-policy")
	for _, o := range all {
		if o.GetKind() == "NetworkPolicy" {
			found = append(found, kustomize.Typed[networkingv1.NetworkPolicy](t, o))
		}
	}
	return found, kustomize.Named[appsv1.Deployment](t, all, "Deployment", operatorNamespace, operatorAccount)
}

// podOf is an end with the labels and ports of a Deployment's pods.
func podOf(d *appsv1.Deployment, address string) end {
	e := end{
		namespace: d.Namespace, of: labels.Set{corev1.LabelMetadataName: d.Namespace},
		labels: d.Spec.Template.Labels, address: address, ports: map[string]int32{},
	}
	for _, port := range d.Spec.Template.Spec.Containers[0].Ports {
		e.ports[port.Name] = port.ContainerPort
	}
	return e
}

func restrictedServer(t *testing.T, name string) (networkingv1.NetworkPolicy, *appsv1.Deployment) {
	t.Helper()
	children, err := desired.Server(crd.Server(t, `{"metadata": {"name": "`+name+`", "namespace": "default", "uid": "1"},
		"spec": {"networkPolicy": {"mode": "Restrict"}}}`), defaults)
	if err != nil {
		t.Fatal(err)
	}
	return *as[networkingv1.NetworkPolicy](t, children.NetworkPolicy), as[appsv1.Deployment](t, children.Deployment)
}

func restrictedClient(t *testing.T) (networkingv1.NetworkPolicy, *appsv1.Deployment) {
	t.Helper()
	children, err := desired.Client(crd.Client(t, `{"metadata": {"name": "caller", "namespace": "default", "uid": "2"},
		"spec": {"serverRef": {"name": "greeter"}, "networkPolicy": {"mode": "Restrict"}}}`), greeter, defaults)
	if err != nil {
		t.Fatal(err)
	}
	return *as[networkingv1.NetworkPolicy](t, children.NetworkPolicy), as[appsv1.Deployment](t, children.Deployment)
}

// TestOnlyDeclaredPathsAreOpen is the whole matrix: each end to each port of
// each other. What is not listed as open must be closed.
func TestOnlyDeclaredPathsAreOpen(t *testing.T) {
	all, manager := shippedPolicies(t)
	if len(all) != 1 {
		t.Fatalf("the component has %d policies, want 1", len(all))
	}
	greeterPolicy, greeterPods := restrictedServer(t, "greeter")
	otherPolicy, otherPods := restrictedServer(t, "other")
	callerPolicy, callerPods := restrictedClient(t)
	all = append(all, greeterPolicy, otherPolicy, callerPolicy)

	ends := map[string]end{
		"manager":    podOf(&manager, "10.0.0.1"),
		"greeter":    podOf(greeterPods, "10.0.0.2"),
		"other":      podOf(otherPods, "10.0.0.3"),
		"caller":     podOf(callerPods, "10.0.0.4"),
		"neighbour":  {namespace: "default", of: labels.Set{corev1.LabelMetadataName: "default"}, address: "10.0.0.5"},
		"prometheus": {namespace: "monitoring", of: labels.Set{"metrics": "enabled"}, address: "10.0.0.6"},
		"foreigner":  {namespace: "foreign", labels: labels.Set{"app.kubernetes.io/name": "tcp-operator"}, address: "10.0.0.7"},
		"internet":   {address: "192.0.2.1"},
	}
	open := []string{
		"prometheus -> manager:metrics",
		"manager -> greeter:admin", "manager -> other:admin", "manager -> caller:admin",
		"caller -> greeter:tcp", // by its own policy to no other server
	}
	paths := 0
	for from, source := range ends {
		for to, target := range ends {
			for name, port := range target.ports {
				if from == to {
					continue
				}
				paths++
				path := from + " -> " + to + ":" + name
				if got, want := all.allow(t, source, target, corev1.ProtocolTCP, port), slices.Contains(open, path); got != want {
					t.Errorf("%s is open: %v, want %v", path, got, want)
				}
			}
		}
	}
	t.Logf("%d paths, of which %d are open", paths, len(open))
}

// TestTheWayOut is what restricted pods reach beyond the cluster's pods.
func TestTheWayOut(t *testing.T) {
	all, manager := shippedPolicies(t)
	callerPolicy, callerPods := restrictedClient(t)
	all = append(all, callerPolicy)
	outside := end{address: "192.0.2.1"}
	for name, c := range map[string]struct {
		from     end
		protocol corev1.Protocol
		port     int32
		open     bool
	}{
		"manager to an API server":       {podOf(&manager, "10.0.0.1"), corev1.ProtocolTCP, 6443, true},
		"manager to the API's Service":   {podOf(&manager, "10.0.0.1"), corev1.ProtocolTCP, 443, true},
		"manager to DNS":                 {podOf(&manager, "10.0.0.1"), corev1.ProtocolUDP, 53, true},
		"manager to the web":             {podOf(&manager, "10.0.0.1"), corev1.ProtocolTCP, 80, false},
		"manager to an admin port there": {podOf(&manager, "10.0.0.1"), corev1.ProtocolTCP, 19527, false},
		"client to DNS":                  {podOf(callerPods, "10.0.0.4"), corev1.ProtocolUDP, 53, true},
		"client to an API server":        {podOf(callerPods, "10.0.0.4"), corev1.ProtocolTCP, 443, false},
		"client to its port elsewhere":   {podOf(callerPods, "10.0.0.4"), corev1.ProtocolTCP, 9527, false},
	} {
		if got := all.allow(t, c.from, outside, c.protocol, c.port); got != c.open {
			t.Errorf("%s is open: %v, want %v", name, got, c.open)
		}
	}
}
