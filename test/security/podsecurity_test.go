package security

import (
	"slices"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	podsecurity "k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"

	"tcp-operator.io/test/kustomize"
)

// restricted judges pods by the strictest of the Pod Security Standards.
type restricted struct {
	policy.Evaluator
	checks int
}

func newRestricted(t *testing.T) *restricted {
	t.Helper()
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return &restricted{Evaluator: evaluator}
}

func (r *restricted) problems(pods *corev1.PodTemplateSpec) (all []string) {
	level := podsecurity.LevelVersion{Level: podsecurity.LevelRestricted, Version: podsecurity.LatestVersion()}
	for _, result := range r.EvaluatePod(level, &pods.ObjectMeta, &pods.Spec) {
		r.checks++
		if !result.Allowed {
			all = append(all, result.ForbiddenReason+": "+result.ForbiddenDetail)
		}
	}
	return all
}

// TestEveryPodIsRestricted: whatever a spec says, the pods are admitted where
// the restricted standard is enforced, hold no credentials of the cluster, and
// run the workload and nothing else.
func TestEveryPodIsRestricted(t *testing.T) {
	standard := newRestricted(t)
	seen := everyDeployment(t, func(d *appsv1.Deployment) []string {
		pod := &d.Spec.Template.Spec
		return slices.Concat(standard.problems(&d.Spec.Template), exposed(pod), executed(pod))
	})
	if seen < 1000 {
		t.Errorf("only %d pod templates were seen", seen)
	}
	t.Logf("%d checks on %d pod templates", standard.checks, seen)
}

// exposed says what of the cluster a pod could see: its account's token, the
// addresses of the namespace's Services, volumes that no spec names.
func exposed(pod *corev1.PodSpec) (all []string) {
	if mounted := pod.AutomountServiceAccountToken; mounted == nil || *mounted {
		all = append(all, "the account's token is mounted")
	}
	if links := pod.EnableServiceLinks; links == nil || *links {
		all = append(all, "the environment tells the namespace's Services")
	}
	for _, volume := range pod.Volumes {
		if volume.Secret == nil {
			all = append(all, "volume "+volume.Name+" is no Secret that the spec names")
		}
	}
	return all
}

func TestTheManagerIsRestricted(t *testing.T) {
	standard := newRestricted(t)
	for _, folder := range []string{"config/default", "config/namespaced"} {
		for _, o := range kustomize.Build(t, folder) {
			switch o.GetKind() {
			case "Deployment":
				manager := kustomize.Typed[appsv1.Deployment](t, o)
				for _, problem := range standard.problems(&manager.Spec.Template) {
					t.Errorf("%s: %s", folder, problem)
				}
			case "Pod", "DaemonSet", "StatefulSet", "Job", "CronJob", "ReplicaSet":
				t.Errorf("%s: %s %s is judged by nobody", folder, o.GetKind(), o.GetName())
			}
		}
	}
	t.Logf("%d checks on the manager", standard.checks)
	if standard.checks == 0 {
		t.Error("no manager was found")
	}
}
