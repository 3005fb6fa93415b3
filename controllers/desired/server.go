package desired

import (
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	appsv1ac "k8s.io/client-go/applyconfigurations/apps/v1"
	corev1ac "k8s.io/client-go/applyconfigurations/core/v1"
	networkingv1ac "k8s.io/client-go/applyconfigurations/networking/v1"
	policyv1ac "k8s.io/client-go/applyconfigurations/policy/v1"

	"tcp-operator.io/api/v1alpha1"
)

// Defaults are what the operator, not the resource, decides.
type Defaults struct {
	// WorkloadImage runs in every pod.
	WorkloadImage string
	// OperatorNamespace is where the operator runs; empty when it runs
	// outside the cluster.
	OperatorNamespace string
}

// ServerChildren are the children of a TcpServer. One that is nil should not
// be.
type ServerChildren struct {
	Service          *corev1ac.ServiceApplyConfiguration
	NetworkPolicy    *networkingv1ac.NetworkPolicyApplyConfiguration
	DisruptionBudget *policyv1ac.PodDisruptionBudgetApplyConfiguration
	Deployment       *appsv1ac.DeploymentApplyConfiguration
}

// Server returns the children of cr, or a *fault.Invalid.
func Server(cr *v1alpha1.TcpServer, defaults Defaults) (ServerChildren, error) {
	settings, err := serverSettings(cr.Spec)
	if err != nil {
		return ServerChildren{}, err
	}
	pods := workloadPod{
		secrets:    serverSecrets(cr.Spec.TLS),
		kind:       v1alpha1.ServerKind,
		owner:      cr,
		replicas:   Replicas(cr.Spec.Replicas),
		image:      defaults.WorkloadImage,
		role:       "server",
		settings:   render(settings),
		ports:      []*corev1ac.ContainerPortApplyConfiguration{containerPort(TCPPortName, cr.Spec.Port)},
		preStop:    withdrawal,
		replyDelay: time.Duration(settings.Reply.Delay),
		// Two, so that one slow answer does not take a server out of its Service.
		readinessFailures: 2,
		pod:               cr.Spec.Pod,
	}
	return ServerChildren{
		Service:          service(cr),
		NetworkPolicy:    serverNetworkPolicy(cr, defaults),
		DisruptionBudget: disruptionBudget(pods.kind, cr, pods.replicas),
		Deployment:       pods.deployment(),
	}, nil
}

func service(cr *v1alpha1.TcpServer) *corev1ac.ServiceApplyConfiguration {
	want := cr.Spec.Service
	port := corev1ac.ServicePort().
		WithName(TCPPortName).
		WithProtocol(corev1.ProtocolTCP).
		WithPort(want.Port).
		WithTargetPort(intstr.FromString(TCPPortName))
	if want.NodePort != 0 {
		port.WithNodePort(want.NodePort)
	}
	s := corev1ac.ServiceSpec().
		WithType(corev1.ServiceType(want.Type)).
		WithSelector(Selector(v1alpha1.ServerKind, cr.Name)).
		WithPorts(port)
	if want.ExternalTrafficPolicy != "" {
		s.WithExternalTrafficPolicy(corev1.ServiceExternalTrafficPolicy(want.ExternalTrafficPolicy))
	}
	if want.InternalTrafficPolicy != "" {
		s.WithInternalTrafficPolicy(corev1.ServiceInternalTrafficPolicy(want.InternalTrafficPolicy))
	}
	if want.SessionAffinity != "" {
		s.WithSessionAffinity(corev1.ServiceAffinity(want.SessionAffinity))
	}
	s.WithIPFamilyPolicy(ipFamilyPolicy(want))
	for _, family := range want.IPFamilies {
		s.WithIPFamilies(corev1.IPFamily(family))
	}
	if want.LoadBalancerClass != "" {
		s.WithLoadBalancerClass(want.LoadBalancerClass)
	}
	return corev1ac.Service(cr.Name, cr.Namespace).
		WithLabels(plain(want.Labels)).
		WithLabels(childLabels(v1alpha1.ServerKind, cr.Name)).
		WithAnnotations(plain(want.Annotations)).
		WithOwnerReferences(ownerReference(v1alpha1.ServerKind, cr)).
		WithSpec(s)
}

// ipFamilyPolicy is the user's choice, or what an API server would choose for a
// new Service. It is said rather than left out: an existing Service keeps the
// policy that is no longer said.
func ipFamilyPolicy(want v1alpha1.Service) corev1.IPFamilyPolicy {
	switch {
	case want.IPFamilyPolicy != "":
		return corev1.IPFamilyPolicy(want.IPFamilyPolicy)
	case len(want.IPFamilies) > 1:
		return corev1.IPFamilyPolicyRequireDualStack
	}
	return corev1.IPFamilyPolicySingleStack
}

// Replicas is the number of pods that a spec wants; unset means 1, which is
// also the schema's default.
func Replicas(wanted *int32) int32 {
	if wanted == nil {
		return 1
	}
	return *wanted
}

// escapeExpansion keeps $(NAME) in an environment variable's value from being
// expanded by the kubelet: $$ stands for one $.
func escapeExpansion(s string) string { return strings.ReplaceAll(s, "$", "$$") }
