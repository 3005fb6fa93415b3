package transitions

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"tcp-operator.io/api/v1alpha1"
	"tcp-operator.io/test/fields"
)

// foreign are objects of somebody else that have the resource's name.
func foreign() map[string]client.Object {
	web := map[string]string{"app": "web"}
	selector := metav1.LabelSelector{MatchLabels: web}
	meta := metav1.ObjectMeta{Name: name}
	return map[string]client.Object{
		"Deployment": &appsv1.Deployment{ObjectMeta: meta, Spec: appsv1.DeploymentSpec{Selector: &selector, Template: corev1.PodTemplateSpec{
			ObjectMeta: metav1.ObjectMeta{Labels: web}, Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "web", Image: "web"}}}}}},
		"Service":             &corev1.Service{ObjectMeta: meta, Spec: corev1.ServiceSpec{Selector: web, Ports: []corev1.ServicePort{{Port: 80}}}},
		"NetworkPolicy":       &networkingv1.NetworkPolicy{ObjectMeta: meta, Spec: networkingv1.NetworkPolicySpec{PodSelector: selector}},
		"PodDisruptionBudget": &policyv1.PodDisruptionBudget{ObjectMeta: meta, Spec: policyv1.PodDisruptionBudgetSpec{Selector: &selector}},
	}
}

// TestANameThatIsTakenIsWaitedFor holds for every kind of child that one of
// somebody else is left as it is, and that all is made once it is gone.
func TestANameThatIsTakenIsWaitedFor(t *testing.T) {
	for _, kind := range fields.Kinds() {
		r := newResource(t, kind)
		spec := fields.Put(t, kind.Spec(t), map[string]string{"replicas": `2`, "networkPolicy.mode": `"Restrict"`})
		r.write(spec)
		r.settle(running)
		want := r.state()
		r.remove(t.Context())
		for child, object := range foreign() {
			if _, made := want[child]; !made {
				continue // as a client has no Service
			}
			t.Run(kind.Name+"/"+child, func(t *testing.T) {
				r.use(t)
				gone := r.have(object)
				version := object.GetResourceVersion()
				r.write(spec)
				r.wantCondition(r.look(), v1alpha1.ConditionStalled, metav1.ConditionTrue, v1alpha1.ReasonNameConflict)
				if err := server.Client.Get(t.Context(), client.ObjectKeyFromObject(object), object); err != nil || object.GetResourceVersion() != version {
					t.Errorf("it was touched: version %s, want %s (%v)", object.GetResourceVersion(), version, err)
				}
				gone()
				r.settle(running)
				if diff := cmp.Diff(want, r.state()); diff != "" {
					t.Errorf("it ends elsewhere (-fresh +live):\n%s", diff)
				}
			})
		}
	}
}
