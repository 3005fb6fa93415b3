package transitions

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	quantity "k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// circumstances of the cluster, by name: each makes it so, and returns how to
// undo it.
var circumstances = map[string]func(*resource) func(){
	"": func(*resource) func() { return func() {} },
	"another Service has node port 30555": func(r *resource) func() {
		return r.have(&corev1.Service{ObjectMeta: metav1.ObjectMeta{Name: "taken"}, Spec: corev1.ServiceSpec{
			Type: corev1.ServiceTypeNodePort, Ports: []corev1.ServicePort{{Port: 1, NodePort: 30555}}}})
	},
	"a quota allows no node ports":  quota("services.nodeports", "0"),
	"a quota allows no pods":        quota("pods", "0"),
	"a quota allows 16Mi of memory": quota("limits.memory", "16Mi"),
	"containers may have 16Mi of memory": func(r *resource) func() {
		return r.have(&corev1.LimitRange{ObjectMeta: metav1.ObjectMeta{Name: "little"}, Spec: corev1.LimitRangeSpec{
			Limits: []corev1.LimitRangeItem{{Type: corev1.LimitTypeContainer,
				Max: corev1.ResourceList{corev1.ResourceMemory: quantity.MustParse("16Mi")}}}}})
	},
}

// have makes an object in the resource's namespace, and returns how to delete
// it.
func (r *resource) have(o client.Object) func() {
	r.t.Helper()
	o.SetNamespace(r.namespace)
	if err := server.Client.Create(r.t.Context(), o); err != nil {
		r.t.Fatal(err)
	}
	return func() {
		if err := server.Client.Delete(context.WithoutCancel(r.t.Context()), o); err != nil {
			r.t.Error(err)
		}
	}
}

// quota allows so much of something. Its status is what the quota's own
// controller would write.
func quota(name corev1.ResourceName, hard string) func(*resource) func() {
	return func(r *resource) func() {
		limit := corev1.ResourceList{name: quantity.MustParse(hard)}
		q := &corev1.ResourceQuota{ObjectMeta: metav1.ObjectMeta{Name: "little"}, Spec: corev1.ResourceQuotaSpec{Hard: limit}}
		undo := r.have(q)
		q.Status = corev1.ResourceQuotaStatus{Hard: limit, Used: corev1.ResourceList{name: quantity.MustParse("0")}}
		if err := server.Client.Status().Update(r.t.Context(), q); err != nil {
			r.t.Fatal(err)
		}
		return undo
	}
}
