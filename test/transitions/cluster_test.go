package transitions

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"tcp-operator.io/api/v1alpha1"
	"tcp-operator.io/controllers/status"
	"tcp-operator.io/workload/snapshot"
)

// fortune is what becomes of the pods that a Deployment asks for. Whether they
// can be created at all the API server decides.
type fortune int

const (
	running fortune = iota // every pod is ready
	failing                // no pod becomes ready
	late                   // and none has for longer than a rollout may take
)

// children are empty objects of everything that the operator makes.
func children() []client.Object {
	return []client.Object{&appsv1.Deployment{}, &corev1.Service{}, &networkingv1.NetworkPolicy{}, &policyv1.PodDisruptionBudget{}}
}

// play is the Deployment's controllers and the pods. It does nothing while
// there is no Deployment.
func (r *resource) play(f fortune) {
	r.t.Helper()
	var d appsv1.Deployment
	key := client.ObjectKey{Namespace: r.namespace, Name: name}
	if err := server.Client.Get(r.t.Context(), key, &d); err != nil {
		if client.IgnoreNotFound(err) != nil {
			r.t.Fatal(err)
		}
		return
	}
	before := d.DeepCopy()
	d.Status = appsv1.DeploymentStatus{ObservedGeneration: d.Generation}
	if err := r.admit(&d); err != nil && *d.Spec.Replicas > 0 {
		d.Status.Conditions = []appsv1.DeploymentCondition{{Type: appsv1.DeploymentReplicaFailure,
			Status: corev1.ConditionTrue, Reason: "FailedCreate", Message: err.Error()}}
		f = failing
	} else {
		d.Status.Replicas, d.Status.UpdatedReplicas = *d.Spec.Replicas, *d.Spec.Replicas
	}
	switch f {
	case running:
		d.Status.ReadyReplicas, d.Status.AvailableReplicas = *d.Spec.Replicas, *d.Spec.Replicas
	case late:
		d.Status.Conditions = append(d.Status.Conditions, appsv1.DeploymentCondition{Type: appsv1.DeploymentProgressing,
			Status: corev1.ConditionFalse, Reason: "ProgressDeadlineExceeded"})
	case failing:
	}
	r.pods = r.say(d.Status.ReadyReplicas)
	if err := server.Client.Status().Patch(r.t.Context(), &d, client.MergeFrom(before)); err != nil {
		r.t.Fatal(err)
	}
}

// admit asks the API server whether it would create a pod of the Deployment,
// as the controller of its ReplicaSet would ask.
func (r *resource) admit(d *appsv1.Deployment) error {
	pod := &corev1.Pod{ObjectMeta: *d.Spec.Template.ObjectMeta.DeepCopy(), Spec: *d.Spec.Template.Spec.DeepCopy()}
	pod.Namespace, pod.GenerateName = d.Namespace, d.Name+"-7d9c-"
	return server.Client.Create(r.t.Context(), pod, client.DryRunAll)
}

// say is what so many ready pods say, if each does what the spec asks for.
func (r *resource) say(ready int32) status.PodsSeen {
	r.t.Helper()
	s := snapshot.Snapshot{Role: snapshot.Server, Ready: true, Sessions: snapshot.Sessions{Open: 2, Opened: 3}}
	if r.kind.Name == v1alpha1.ClientKind.Kind {
		var cr v1alpha1.TcpClient
		convert(r.t, r.read().Object, &cr)
		held := int64(cr.Spec.Sessions)
		s.Role, s.Sessions = snapshot.Client, snapshot.Sessions{Desired: held, Open: held, Opened: held}
		if cr.Spec.Expect.Connect == v1alpha1.PathBlocked {
			s.Sessions = snapshot.Sessions{Desired: held, Blocked: held}
		}
	}
	said := status.PodsSeen{Time: r.now}
	for i := range ready {
		s.Pod = fmt.Sprintf("%s-%d", name, i)
		said.Snapshots, said.Names = append(said.Snapshots, s), append(said.Names, s.Pod)
	}
	return said
}

// readyServer is a TcpServer that calls itself ready, for clients to refer to.
func (r *resource) readyServer(name string) {
	r.t.Helper()
	cr := &v1alpha1.TcpServer{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: r.namespace}}
	if err := server.Client.Create(r.t.Context(), cr); err != nil {
		r.t.Fatal(err)
	}
	cr.Status = v1alpha1.TcpServerStatus{ObservedGeneration: cr.Generation, Conditions: []metav1.Condition{{
		Type: v1alpha1.ConditionReady, Status: metav1.ConditionTrue, Reason: v1alpha1.ReasonReplicasReady,
		ObservedGeneration: cr.Generation, LastTransitionTime: metav1.NewTime(r.now),
	}}}
	if err := server.Client.Status().Update(r.t.Context(), cr); err != nil {
		r.t.Fatal(err)
	}
}

// remove deletes the resource, and does what the garbage collector would.
func (r *resource) remove(ctx context.Context) {
	r.t.Helper()
	r.pods = status.PodsSeen{}
	for _, o := range append(children(), r.empty()) {
		o.SetNamespace(r.namespace)
		o.SetName(name)
		if err := client.IgnoreNotFound(server.Client.Delete(ctx, o)); err != nil {
			r.t.Error(err)
		}
	}
}

// convert turns one form of an object into another.
func convert(t *testing.T, from, into any) {
	t.Helper()
	text, err := json.Marshal(from)
	if err == nil {
		err = json.Unmarshal(text, into)
	}
	if err != nil {
		t.Fatal(err)
	}
}
