package desired

import (
	"cmp"
	"encoding/json"
	"math"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/intstr"
	appsv1ac "k8s.io/client-go/applyconfigurations/apps/v1"
	corev1ac "k8s.io/client-go/applyconfigurations/core/v1"
	metav1ac "k8s.io/client-go/applyconfigurations/meta/v1"

	"tcp-operator.io/api/v1alpha1"
	"tcp-operator.io/workload/spec"
)

// Names of the ports of a pod. The Service refers to TCPPortName by name, so
// that pods of two generations may listen on different ports.
const (
	TCPPortName   = "tcp"
	AdminPortName = "admin"
)

const (
	// nonRootUser is the workload's numeric user: a name could not be judged
	// by runAsNonRoot.
	nonRootUser = 65532
	// firstUnprivilegedPort is the kernel's default.
	firstUnprivilegedPort = 1024
	// withdrawal is how long endpoints take to be withdrawn everywhere.
	withdrawal = 5 * time.Second
	// defaultServiceAccount is said rather than left out. An API server copies
	// a name into the deprecated field serviceAccount, which would bring it back
	// once it is no longer said.
	defaultServiceAccount = "default"
	// drainMargin is the time to close sessions once their replies are out.
	drainMargin = 5 * time.Second
)

// workloadPod is what differs between the pods of a server and a client.
type workloadPod struct {
	kind     schema.GroupVersionKind
	owner    metav1.Object
	replicas int32
	image    string
	role     string // the workload's first argument
	settings string // JSON of the settings
	// secrets that the workload reads.
	secrets []secretMount
	// ports beside the admin port.
	ports []*corev1ac.ContainerPortApplyConfiguration
	// preStop is how long to go on serving after deletion; zero skips it.
	preStop time.Duration
	// replyDelay is the longest that a promised reply may take.
	replyDelay time.Duration
	// readinessFailures is after how many failed probes a pod is not ready.
	readinessFailures int32
	pod               v1alpha1.Pod
}

func (w workloadPod) deployment() *appsv1ac.DeploymentApplyConfiguration {
	labels := childLabels(w.kind, w.owner.GetName())
	return appsv1ac.Deployment(w.owner.GetName(), w.owner.GetNamespace()).
		WithLabels(labels).
		WithOwnerReferences(ownerReference(w.kind, w.owner)).
		WithSpec(appsv1ac.DeploymentSpec().
			WithReplicas(w.replicas).
			WithRevisionHistoryLimit(3).
			WithSelector(metav1ac.LabelSelector().WithMatchLabels(Selector(w.kind, w.owner.GetName()))).
			WithStrategy(appsv1ac.DeploymentStrategy().
				WithType("RollingUpdate").
				WithRollingUpdate(appsv1ac.RollingUpdateDeployment().
					WithMaxUnavailable(intstr.FromInt32(0)).
					WithMaxSurge(intstr.FromInt32(1)))).
			WithTemplate(corev1ac.PodTemplateSpec().
				WithLabels(plain(w.pod.Labels)).
				WithLabels(labels). // last: the selector rests on them
				WithAnnotations(plain(w.pod.Annotations)).
				WithSpec(w.podSpec())))
}

func (w workloadPod) podSpec() *corev1ac.PodSpecApplyConfiguration {
	container := w.container()
	s := corev1ac.PodSpec()
	mount(w.secrets, s, container)
	// From here on container is a copy.
	s.WithContainers(container).
		WithAutomountServiceAccountToken(false).
		WithEnableServiceLinks(false).
		WithTerminationGracePeriodSeconds(w.gracePeriodSeconds()).
		WithSecurityContext(w.podSecurity())
	w.schedule(s)
	s.WithServiceAccountName(cmp.Or(w.pod.ServiceAccountName, defaultServiceAccount))
	for _, secret := range w.pod.ImagePullSecrets {
		s.WithImagePullSecrets(corev1ac.LocalObjectReference().WithName(secret.Name))
	}
	return s
}

// gracePeriodSeconds lets every reply that was promised before deletion go
// out, in whole seconds rounded up.
func (w workloadPod) gracePeriodSeconds() int64 {
	return int64(math.Ceil((w.preStop + w.replyDelay + drainMargin).Seconds()))
}

func (w workloadPod) podSecurity() *corev1ac.PodSecurityContextApplyConfiguration {
	security := corev1ac.PodSecurityContext().
		WithRunAsNonRoot(true).
		WithRunAsUser(nonRootUser).
		WithRunAsGroup(nonRootUser).
		WithSeccompProfile(corev1ac.SeccompProfile().WithType(corev1.SeccompProfileTypeRuntimeDefault))
	for _, port := range w.ports {
		if *port.ContainerPort < firstUnprivilegedPort {
			// A safe sysctl, allowed by Pod Security "restricted"; it replaces
			// CAP_NET_BIND_SERVICE.
			security.WithSysctls(corev1ac.Sysctl().WithName("net.ipv4.ip_unprivileged_port_start").WithValue("0"))
		}
	}
	return security
}

func (w workloadPod) container() *corev1ac.ContainerApplyConfiguration {
	c := corev1ac.Container().
		WithName("workload").
		WithImage(w.image).
		WithArgs(w.role).
		WithEnv(
			corev1ac.EnvVar().WithName(spec.SettingsEnv).WithValue(escapeExpansion(w.settings)),
			fieldEnv(spec.PodNameEnv, "metadata.name"),
			fieldEnv(spec.NodeNameEnv, "spec.nodeName")).
		WithPorts(w.ports...).
		WithPorts(containerPort(AdminPortName, spec.AdminPort)).
		WithResources(resources(w.pod.Resources)).
		WithSecurityContext(corev1ac.SecurityContext().
			WithAllowPrivilegeEscalation(false).
			WithReadOnlyRootFilesystem(true).
			WithCapabilities(corev1ac.Capabilities().WithDrop("ALL"))).
		WithLivenessProbe(probe("/healthz").WithPeriodSeconds(10).WithFailureThreshold(3)).
		WithReadinessProbe(probe("/readyz").WithPeriodSeconds(2).WithFailureThreshold(w.readinessFailures))
	if w.preStop > 0 {
		c.WithLifecycle(corev1ac.Lifecycle().WithPreStop(corev1ac.LifecycleHandler().
			WithSleep(corev1ac.SleepAction().WithSeconds(int64(w.preStop.Seconds())))))
	}
	return c
}

func fieldEnv(name, path string) *corev1ac.EnvVarApplyConfiguration {
	return corev1ac.EnvVar().WithName(name).WithValueFrom(
		corev1ac.EnvVarSource().WithFieldRef(corev1ac.ObjectFieldSelector().WithFieldPath(path)))
}

func containerPort(name string, port int32) *corev1ac.ContainerPortApplyConfiguration {
	return corev1ac.ContainerPort().WithName(name).WithContainerPort(port).WithProtocol(corev1.ProtocolTCP)
}

func probe(path string) *corev1ac.ProbeApplyConfiguration {
	return corev1ac.Probe().
		WithTimeoutSeconds(2).
		WithHTTPGet(corev1ac.HTTPGetAction().WithPath(path).WithPort(intstr.FromString(AdminPortName)))
}

func resources(r corev1.ResourceRequirements) *corev1ac.ResourceRequirementsApplyConfiguration {
	if len(r.Requests) == 0 && len(r.Limits) == 0 {
		r.Requests = corev1.ResourceList{
			corev1.ResourceCPU:    resource.MustParse("10m"),
			corev1.ResourceMemory: resource.MustParse("32Mi"),
		}
		r.Limits = corev1.ResourceList{corev1.ResourceMemory: resource.MustParse("256Mi")}
	}
	out := corev1ac.ResourceRequirements()
	if len(r.Requests) > 0 {
		out.WithRequests(r.Requests.DeepCopy())
	}
	if len(r.Limits) > 0 {
		out.WithLimits(r.Limits.DeepCopy())
	}
	return out
}

// schedule copies the user's choices into the apply configuration, by way of
// JSON: it has the same fields as the API's own types.
func (w workloadPod) schedule(s *corev1ac.PodSpecApplyConfiguration) {
	chosen := corev1.PodSpec{
		NodeSelector:              plain(w.pod.NodeSelector),
		Tolerations:               w.pod.Tolerations,
		Affinity:                  w.affinity(),
		TopologySpreadConstraints: w.spread(),
		PriorityClassName:         w.pod.PriorityClassName,
	}
	text, err := json.Marshal(chosen)
	if err == nil {
		var only struct {
			NodeSelector              map[string]string
			Tolerations               []corev1ac.TolerationApplyConfiguration
			Affinity                  *corev1ac.AffinityApplyConfiguration
			TopologySpreadConstraints []corev1ac.TopologySpreadConstraintApplyConfiguration
			PriorityClassName         *string
		}
		err = json.Unmarshal(text, &only)
		s.NodeSelector, s.Tolerations, s.Affinity = only.NodeSelector, only.Tolerations, only.Affinity
		s.TopologySpreadConstraints, s.PriorityClassName = only.TopologySpreadConstraints, only.PriorityClassName
	}
	if err != nil {
		panic("scheduling fields are plain data: " + err.Error())
	}
}

// affinity is the user's choice. One that says nothing is none: else it would
// depend on what was said before whether the template has it, and pods would
// restart for it.
func (w workloadPod) affinity() *corev1.Affinity {
	if w.pod.Affinity == nil || *w.pod.Affinity == (corev1.Affinity{}) {
		return nil
	}
	return w.pod.Affinity
}

// spread is the user's choice, or several pods over several nodes where that
// is possible. It is the same for one pod: scaling must not restart any. A
// constraint that names no pods is about the resource's own: to Kubernetes it
// would be about none.
func (w workloadPod) spread() []corev1.TopologySpreadConstraint {
	own := &metav1.LabelSelector{MatchLabels: Selector(w.kind, w.owner.GetName())}
	if len(w.pod.TopologySpreadConstraints) == 0 {
		return []corev1.TopologySpreadConstraint{{
			MaxSkew: 1, TopologyKey: corev1.LabelHostname, WhenUnsatisfiable: corev1.ScheduleAnyway, LabelSelector: own,
		}}
	}
	spread := slices.Clone(w.pod.TopologySpreadConstraints)
	for i := range spread {
		if spread[i].LabelSelector == nil {
			spread[i].LabelSelector = own
		}
	}
	return spread
}
