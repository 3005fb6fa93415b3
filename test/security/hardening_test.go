package security

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"

	"tcp-operator.io/test/fields"
	"tcp-operator.io/test/kustomize"
)

// A check is one that the scanners of manifests make. find returns what is
// wrong.
type check struct {
	name  string
	tools string // and their names for it
	find  func(*appsv1.Deployment) []string
}

// checks are those of kube-linter (its defaults), kubescape (its NSA
// framework), polaris and kube-score that concern Deployments, beside those
// that the restricted Pod Security Standard makes.
var checks = []check{
	{"cpu request", "kube-linter unset-cpu-requirements, polaris cpuRequestsMissing, kubescape C-0050", unset(request, corev1.ResourceCPU)},
	{"memory request", "kube-linter unset-memory-requirements, polaris memoryRequestsMissing, kubescape C-0004", unset(request, corev1.ResourceMemory)},
	{"cpu limit", "polaris cpuLimitsMissing, kubescape C-0270, kube-score container-resources", unset(limit, corev1.ResourceCPU)},
	{"memory limit", "polaris memoryLimitsMissing, kubescape C-0271, kube-score container-resources", unset(limit, corev1.ResourceMemory)},
	{"ephemeral storage", "kube-score container-ephemeral-storage-request-and-limit", unset(limit, corev1.ResourceEphemeralStorage)},
	{"read-only root", "kube-linter no-read-only-root-fs, kubescape C-0017, polaris notReadOnlyRootFilesystem", eachContainer(func(c corev1.Container) bool {
		return c.SecurityContext != nil && c.SecurityContext.ReadOnlyRootFilesystem != nil && *c.SecurityContext.ReadOnlyRootFilesystem
	})},
	{"user above 10000", "kube-score container-security-context-user-group-id", func(d *appsv1.Deployment) []string {
		s := d.Spec.Template.Spec.SecurityContext
		return unless(s != nil && s.RunAsUser != nil && *s.RunAsUser > 10000 && s.RunAsGroup != nil && *s.RunAsGroup > 10000)
	}},
	{"probes", "kube-linter liveness-port, readiness-port, no-liveness-probe; polaris, kube-score pod-probes", eachContainer(func(c corev1.Container) bool {
		return probes(c, c.LivenessProbe) && probes(c, c.ReadinessProbe) && c.LivenessProbe.HTTPGet.Path != c.ReadinessProbe.HTTPGet.Path
	})},
	{"image tag", "kube-linter latest-tag, polaris tagNotSpecified, kube-score container-image-tag", eachContainer(func(c corev1.Container) bool {
		_, tag, found := strings.Cut(c.Image[strings.LastIndex(c.Image, "/")+1:], ":")
		return found && tag != "" && tag != "latest"
	})},
	{"pull policy", "polaris pullPolicyNotAlways, kube-score container-image-pull-policy", eachContainer(func(c corev1.Container) bool {
		return c.ImagePullPolicy == corev1.PullAlways
	})},
	{"no host ports", "polaris hostPortSet, kubescape C-0044, kube-linter ssh-port", eachContainer(func(c corev1.Container) bool {
		return !slices.ContainsFunc(c.Ports, func(p corev1.ContainerPort) bool { return p.HostPort != 0 })
	})},
	{"no secrets in the environment", "kube-linter env-var-secret, kubescape C-0012, polaris sensitiveContainerEnvVar", eachContainer(func(c corev1.Container) bool {
		return len(c.EnvFrom) == 0 && !slices.ContainsFunc(c.Env, func(e corev1.EnvVar) bool {
			return e.ValueFrom != nil && (e.ValueFrom.SecretKeyRef != nil || e.ValueFrom.ConfigMapKeyRef != nil)
		})
	})},
	{"each variable once", "kube-linter duplicate-env-var", eachContainer(func(c corev1.Container) bool {
		var names []string
		for _, e := range c.Env {
			names = append(names, e.Name)
		}
		slices.Sort(names)
		return len(slices.Compact(slices.Clone(names))) == len(names)
	})},
	{"no token", "kubescape C-0034, polaris automountServiceAccountToken", func(d *appsv1.Deployment) []string {
		mounted := d.Spec.Template.Spec.AutomountServiceAccountToken
		return unless(mounted != nil && !*mounted)
	}},
	{"no service links", "kube-score, CIS 5.7", func(d *appsv1.Deployment) []string {
		links := d.Spec.Template.Spec.EnableServiceLinks
		return unless(links != nil && !*links)
	}},
	{"selector", "kube-linter mismatching-selector, kube-score deployment-pod-selector-labels-match", func(d *appsv1.Deployment) []string {
		var missing []string
		for key, value := range d.Spec.Selector.MatchLabels {
			if d.Spec.Template.Labels[key] != value {
				missing = append(missing, key)
			}
		}
		return missing
	}},
	{"rolling update", "kube-linter no-rolling-update-strategy, kube-score deployment-strategy", func(d *appsv1.Deployment) []string {
		// What is left out is a rolling update as well.
		return unless(d.Spec.Strategy.Type != appsv1.RecreateDeploymentStrategyType)
	}},
	{"spread", "kube-linter no-anti-affinity, polaris topologySpreadConstraint", func(d *appsv1.Deployment) []string {
		return unless(*d.Spec.Replicas < 2 || len(d.Spec.Template.Spec.TopologySpreadConstraints) > 0)
	}},
	{"priority", "polaris priorityClassNotSet", func(d *appsv1.Deployment) []string {
		return unless(d.Spec.Template.Spec.PriorityClassName != "")
	}},
	{"several replicas", "polaris deploymentMissingReplicas, kube-score deployment-replicas", func(d *appsv1.Deployment) []string {
		return unless(*d.Spec.Replicas > 1)
	}},
	{"namespace", "kubescape C-0061, CIS 5.7.4", func(d *appsv1.Deployment) []string {
		return unless(d.Namespace != "default" && d.Namespace != "")
	}},
	{"instance label", "polaris metadataAndInstanceMismatched", func(d *appsv1.Deployment) []string {
		return unless(d.Labels["app.kubernetes.io/instance"] == d.Name)
	}},
}

// exceptions are findings that stay, by subject and check, each with why.
var exceptions = map[string]string{
	"workload: cpu limit":         "throttling would show as latency of the network that is measured; pod.resources sets one",
	"workload: namespace":         "the user chooses it with the resource",
	"workload: priority":          "the user chooses it with pod.priorityClassName",
	"workload: several replicas":  "the user chooses it with spec.replicas",
	"workload: instance label":    "the labels under tcp-operator.io/ say it, and are the selector",
	"workload: ephemeral storage": "nothing can be written: the root is read-only and no volume is writable",
	"workload: pull policy":       "the image's tag is that of a release; a node that has it needs no registry",
	"manager: priority":           "a cluster's priority classes are its own; the chart sets one",
	"manager: several replicas":   "a second one would wait for the lease: sessions go on while there is none",
	"manager: instance label":     "there is one operator in a cluster",
	"manager: ephemeral storage":  "nothing can be written: the root is read-only and there are no volumes",
	"manager: pull policy":        "the image's tag is that of a release; a node that has it needs no registry",
	"manager: no token":           "it talks to the API server; the account itself mounts none",
}

// TestHardening makes every check on the manager and on the pods of both
// kinds. A finding is mended, or stands among the exceptions.
func TestHardening(t *testing.T) {
	used, made := map[string]bool{}, 0
	judge := func(subject string, d *appsv1.Deployment) {
		for _, c := range checks {
			made++
			found, key := c.find(d), subject+": "+c.name
			if len(found) == 0 {
				continue
			}
			used[key] = true
			if exceptions[key] == "" {
				t.Errorf("%s %v (%s)", key, found, c.tools)
			}
		}
	}
	for _, folder := range []string{"config/default", "config/namespaced"} {
		manager := kustomize.Named[appsv1.Deployment](t, kustomize.Build(t, folder), "Deployment", operatorNamespace, operatorAccount)
		judge("manager", &manager)
	}
	for _, kind := range fields.Kinds() {
		judge("workload", deploymentOf(t, kind, kind.Spec(t)))
	}
	for key := range exceptions {
		if !used[key] {
			t.Errorf("%s is no exception: nothing was found", key)
		}
	}
	t.Logf("%d checks made; %d exceptions", made, len(exceptions))
}

// TestTheServiceIsOfTheManager is kube-linter's dangling-service and
// invalid-target-ports, kube-score's service-targets-pod, and polaris' and
// kubescape's for the account.
func TestTheServiceIsOfTheManager(t *testing.T) {
	all := kustomize.Build(t, "config/default")
	manager := kustomize.Named[appsv1.Deployment](t, all, "Deployment", operatorNamespace, operatorAccount).Spec.Template
	service := kustomize.Named[corev1.Service](t, all, "Service", operatorNamespace, "tcp-operator-metrics").Spec
	if service.Type != "" && service.Type != corev1.ServiceTypeClusterIP {
		t.Errorf("the metrics' Service is of type %s", service.Type)
	}
	for key, value := range service.Selector {
		if manager.Labels[key] != value {
			t.Errorf("the Service selects %s=%s, which the manager is not", key, value)
		}
	}
	for _, port := range service.Ports {
		if !slices.ContainsFunc(manager.Spec.Containers[0].Ports, func(p corev1.ContainerPort) bool { return p.Name == port.TargetPort.String() }) {
			t.Errorf("the Service's port %s leads to %s, which the manager has not", port.Name, port.TargetPort.String())
		}
	}
	account := kustomize.Named[corev1.ServiceAccount](t, all, "ServiceAccount", operatorNamespace, manager.Spec.ServiceAccountName)
	if mounted := account.AutomountServiceAccountToken; mounted == nil || *mounted {
		t.Error("any pod of the account would get its token")
	}
}

func unless(good bool) []string {
	if good {
		return nil
	}
	return []string{"is not so"}
}

func eachContainer(good func(corev1.Container) bool) func(*appsv1.Deployment) []string {
	return func(d *appsv1.Deployment) (found []string) {
		pod := d.Spec.Template.Spec
		for _, c := range slices.Concat(pod.InitContainers, pod.Containers) {
			if !good(c) {
				found = append(found, fmt.Sprintf("container %s", c.Name))
			}
		}
		return found
	}
}

func request(c corev1.Container) corev1.ResourceList { return c.Resources.Requests }
func limit(c corev1.Container) corev1.ResourceList   { return c.Resources.Limits }

func unset(of func(corev1.Container) corev1.ResourceList, name corev1.ResourceName) func(*appsv1.Deployment) []string {
	return eachContainer(func(c corev1.Container) bool { _, ok := of(c)[name]; return ok })
}

// probes tells whether p asks a port that the container has.
func probes(c corev1.Container, p *corev1.Probe) bool {
	return p != nil && p.HTTPGet != nil &&
		slices.ContainsFunc(c.Ports, func(port corev1.ContainerPort) bool { return port.Name == p.HTTPGet.Port.String() })
}
