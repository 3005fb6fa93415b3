package controllers

import (
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"tcp-operator.io/api/v1alpha1"
	"tcp-operator.io/workload/spec"
)

func TestAnEmptyServerSpecIsTheClassicServer(t *testing.T) {
	w := newWorld(t)
	w.create(&v1alpha1.TcpServer{ObjectMeta: metav1.ObjectMeta{Name: "greeter"}})
	cr := w.reconcileServer("greeter")
	wantCondition(t, cr.Status.Conditions, v1alpha1.ConditionReady, "False", v1alpha1.ReasonRolloutPending)
	var d appsv1.Deployment
	var s corev1.Service
	w.get("greeter", &d)
	w.get("greeter", &s)
	settings, err := spec.ParseServer([]byte(settingsOf(t, &d)))
	if err != nil || settings != spec.DefaultServer() {
		t.Errorf("settings are %+v (%v), want the workload's own defaults", settings, err)
	}
	if s.Spec.Ports[0].Port != 9527 || s.Spec.Ports[0].TargetPort.StrVal != "tcp" {
		t.Errorf("the Service's port is %+v", s.Spec.Ports[0])
	}
	w.rollOut("greeter", 1)
	cr = w.reconcileServer("greeter")
	wantCondition(t, cr.Status.Conditions, v1alpha1.ConditionReady, "True", v1alpha1.ReasonReplicasReady)
	if want := "greeter." + w.namespace + ".svc:9527"; cr.Status.Address != want || cr.Status.ReadyReplicas != 1 {
		t.Errorf("address %q, ready %d; want %q and 1", cr.Status.Address, cr.Status.ReadyReplicas, want)
	}
	if got := strings.Join(w.announced(), "\n"); !strings.Contains(got, "Listening on "+cr.Status.Address) {
		t.Errorf("events are %q", got)
	}
}

func TestNothingIsWrittenWhenNothingChanged(t *testing.T) {
	w := newWorld(t)
	w.readyServer("greeter")
	w.reconcileServer("greeter") // the Deployment's status has changed since the last apply
	var d appsv1.Deployment
	var s corev1.Service
	var cr v1alpha1.TcpServer
	versions := func() string {
		w.get("greeter", &d)
		w.get("greeter", &s)
		w.get("greeter", &cr)
		return resourceVersions(&d, &s, &cr)
	}
	before := versions()
	w.writes = 0
	for range 3 {
		w.reconcileServer("greeter")
	}
	if after := versions(); after != before || w.writes != 0 {
		t.Errorf("%d requests to write, and versions went from %s to %s", w.writes, before, after)
	}
	// A restarted operator remembers nothing, and still changes nothing.
	w.servers.children = newChildren(w.servers.Client, w.servers.Client)
	w.reconcileServer("greeter")
	if after := versions(); after != before {
		t.Errorf("versions went from %s to %s after a restart", before, after)
	}
}

func TestDriftIsRepairedAndForeignFieldsStay(t *testing.T) {
	w := newWorld(t)
	w.readyServer("greeter")
	var d appsv1.Deployment
	w.change("greeter", &d, func() {
		d.Spec.Replicas = new(int32(7))
		d.Spec.Template.Spec.Containers[0].Image = "somebody:else"
		d.Annotations = map[string]string{"example.com/note": "mine"}
	})
	var s corev1.Service
	w.change("greeter", &s, func() { s.Spec.Ports[0].Port = 1 })
	w.reconcileServer("greeter")
	w.get("greeter", &d)
	w.get("greeter", &s)
	if *d.Spec.Replicas != 1 || d.Spec.Template.Spec.Containers[0].Image != "workload:test" || s.Spec.Ports[0].Port != 9527 {
		t.Errorf("drift stays: replicas %d, image %s, port %d", *d.Spec.Replicas, d.Spec.Template.Spec.Containers[0].Image, s.Spec.Ports[0].Port)
	}
	if d.Annotations["example.com/note"] != "mine" {
		t.Error("a foreign annotation is gone")
	}
}

func TestALostChildIsMadeAgain(t *testing.T) {
	w := newWorld(t)
	w.readyServer("greeter")
	for _, child := range []client.Object{&appsv1.Deployment{}, &corev1.Service{}} {
		w.get("greeter", child)
		uid := child.GetUID()
		if err := w.client.Delete(t.Context(), child); err != nil {
			t.Fatal(err)
		}
		cr := w.reconcileServer("greeter")
		w.get("greeter", child)
		if child.GetUID() == uid {
			t.Errorf("%T was not deleted", child)
		}
		if _, isDeployment := child.(*appsv1.Deployment); isDeployment {
			wantCondition(t, cr.Status.Conditions, v1alpha1.ConditionReady, "False", v1alpha1.ReasonRolloutPending)
		}
	}
}

func TestAChangeTakesEffectOnARunningServer(t *testing.T) {
	w := newWorld(t)
	w.readyServer("greeter")
	var before, after appsv1.Deployment
	w.get("greeter", &before)

	var cr v1alpha1.TcpServer
	w.change("greeter", &cr, func() { cr.Spec.Service.Type, cr.Spec.Service.Port = "NodePort", 7000 })
	got := w.reconcileServer("greeter")
	w.get("greeter", &after)
	if after.Generation != before.Generation {
		t.Error("a change of the Service touched the Deployment")
	}
	if want := "greeter." + w.namespace + ".svc:7000"; got.Status.Address != want {
		t.Errorf("address is %q, want %q", got.Status.Address, want)
	}

	w.change("greeter", &cr, func() { cr.Spec.Reply.Delay = "1m30s" })
	got = w.reconcileServer("greeter")
	w.get("greeter", &after)
	if s := settingsOf(t, &after); !strings.Contains(s, `"delay":"1m30s"`) {
		t.Errorf("settings are %s", s)
	}
	if grace := *after.Spec.Template.Spec.TerminationGracePeriodSeconds; grace != 100 {
		t.Errorf("the grace period is %d s, want 5 + 90 + 5", grace)
	}
	wantCondition(t, got.Status.Conditions, v1alpha1.ConditionReady, "False", v1alpha1.ReasonRolloutPending)
}

func TestANameThatIsTakenIsNotTouched(t *testing.T) {
	w := newWorld(t)
	foreign := &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{Name: "greeter"},
		Spec:       corev1.ServiceSpec{Ports: []corev1.ServicePort{{Port: 80}}, Selector: map[string]string{"app": "web"}},
	}
	w.create(foreign)
	w.create(&v1alpha1.TcpServer{ObjectMeta: metav1.ObjectMeta{Name: "greeter"}})
	result, err := w.tryServer("greeter")
	if err != nil || result.RequeueAfter == 0 {
		t.Errorf("result %v, error %v: want a look again later, as the foreign object is not watched", result, err)
	}
	cr := w.reconcileServer("greeter")
	wantCondition(t, cr.Status.Conditions, v1alpha1.ConditionStalled, "True", v1alpha1.ReasonNameConflict)
	var s corev1.Service
	w.get("greeter", &s)
	if s.ResourceVersion != foreign.ResourceVersion {
		t.Error("the foreign Service was changed")
	}
	if w.exists("greeter", &appsv1.Deployment{}) {
		t.Error("a Deployment was made although the Service cannot be")
	}
	if err := w.client.Delete(t.Context(), &s); err != nil {
		t.Fatal(err)
	}
	cr = w.reconcileServer("greeter")
	wantCondition(t, cr.Status.Conditions, v1alpha1.ConditionReady, "False", v1alpha1.ReasonRolloutPending)
}

func TestAServerAndAClientOfOneNameDoNotFight(t *testing.T) {
	w := newWorld(t)
	w.readyServer("both")
	var before, after appsv1.Deployment
	w.get("both", &before)
	w.create(clientOf("both", "both"))
	cr := w.reconcileClient("both")
	wantCondition(t, cr.Status.Conditions, v1alpha1.ConditionStalled, "True", v1alpha1.ReasonNameConflict)
	w.get("both", &after)
	if after.ResourceVersion != before.ResourceVersion {
		t.Error("the server's Deployment was changed")
	}
}

func TestAPredecessorsChildIsAwaited(t *testing.T) {
	w := newWorld(t)
	old := w.readyServer("greeter")
	if err := w.client.Delete(t.Context(), old); err != nil { // no garbage collector: the children stay
		t.Fatal(err)
	}
	w.create(&v1alpha1.TcpServer{ObjectMeta: metav1.ObjectMeta{Name: "greeter"}})
	result, err := w.tryServer("greeter")
	if err != nil || result.RequeueAfter == 0 {
		t.Errorf("result %v, error %v: want a look again later", result, err)
	}
	cr := w.reconcileServer("greeter")
	wantCondition(t, cr.Status.Conditions, v1alpha1.ConditionReconciling, "True", v1alpha1.ReasonRolloutPending)
	var d appsv1.Deployment
	w.get("greeter", &d)
	if d.OwnerReferences[0].UID != old.UID {
		t.Error("the predecessor's Deployment was adopted")
	}
}

func TestARefusedChildStallsUntilItIsMended(t *testing.T) {
	w := newWorld(t)
	cr := &v1alpha1.TcpServer{ObjectMeta: metav1.ObjectMeta{Name: "greeter"}}
	cr.Spec.Service.Type, cr.Spec.Service.NodePort = "NodePort", 80 // outside the cluster's range
	w.create(cr)
	got := w.reconcileServer("greeter")
	wantCondition(t, got.Status.Conditions, v1alpha1.ConditionStalled, "True", v1alpha1.ReasonRefused)
	w.change("greeter", cr, func() { cr.Spec.Service.NodePort = 0 })
	got = w.reconcileServer("greeter")
	wantCondition(t, got.Status.Conditions, v1alpha1.ConditionReconciling, "True", v1alpha1.ReasonRolloutPending)
}

func TestAStaleStatusIsNotWritten(t *testing.T) {
	w := newWorld(t)
	w.create(&v1alpha1.TcpServer{ObjectMeta: metav1.ObjectMeta{Name: "greeter"}})
	var stale v1alpha1.TcpServer
	w.get("greeter", &stale)
	want := w.readyServerAfterCreate("greeter").ResourceVersion
	result, err := w.servers.Reconcile(t.Context(), &stale)
	if err != nil || result.RequeueAfter != staleRecheck {
		t.Errorf("result %v, error %v: want another look soon, as a stale cache is no error", result, err)
	}
	w.get("greeter", &stale)
	if stale.ResourceVersion != want {
		t.Error("the stale status was written")
	}
}

func TestTheNodePortIsReported(t *testing.T) {
	w := newWorld(t)
	cr := w.readyServer("greeter")
	w.change("greeter", cr, func() { cr.Spec.Service.Type = "NodePort" })
	var s corev1.Service
	got := w.reconcileServer("greeter")
	w.get("greeter", &s)
	if got.Status.NodePort == 0 || got.Status.NodePort != s.Spec.Ports[0].NodePort {
		t.Errorf("the node port is %d, want the Service's %d", got.Status.NodePort, s.Spec.Ports[0].NodePort)
	}
}
