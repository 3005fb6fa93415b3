package controllers

import (
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tcp-operator.io/api/v1alpha1"
	"tcp-operator.io/controllers/status"
	"tcp-operator.io/workload/snapshot"
	"tcp-operator.io/workload/spec"
)

func TestAClientWaitsForItsServer(t *testing.T) {
	w := newWorld(t)
	w.create(clientOf("caller", "greeter"))
	cr := w.reconcileClient("caller")
	wantCondition(t, cr.Status.Conditions, v1alpha1.ConditionResolvedRefs, "False", v1alpha1.ReasonServerNotFound)
	wantCondition(t, cr.Status.Conditions, v1alpha1.ConditionReady, "False", v1alpha1.ReasonServerNotFound)
	if w.exists("caller", &appsv1.Deployment{}) {
		t.Fatal("pods were made without a server")
	}
	if got := strings.Join(w.announced(), "\n"); !strings.Contains(got, "ServerNotFound") {
		t.Errorf("events are %q", got)
	}

	w.create(&v1alpha1.TcpServer{ObjectMeta: metav1.ObjectMeta{Name: "greeter"}})
	cr = w.reconcileClient("caller")
	wantCondition(t, cr.Status.Conditions, v1alpha1.ConditionReady, "False", v1alpha1.ReasonServerNotReady)
	w.readyServerAfterCreate("greeter")
	cr = w.reconcileClient("caller")
	wantCondition(t, cr.Status.Conditions, v1alpha1.ConditionResolvedRefs, "True", v1alpha1.ReasonResolved)
	var d appsv1.Deployment
	w.get("caller", &d)
	settings, err := spec.ParseClient([]byte(settingsOf(t, &d)))
	want := spec.DefaultClient()
	want.Address = spec.Address{Host: "greeter." + w.namespace + ".svc", Port: 9527}
	if err != nil || settings != want {
		t.Errorf("settings are %+v (%v), want the workload's own defaults for %v", settings, err, want.Address)
	}
	w.rollOut("caller", 1)
	cr = w.reconcileClient("caller")
	wantCondition(t, cr.Status.Conditions, v1alpha1.ConditionReady, "True", v1alpha1.ReasonSessionsEstablished)
	if cr.Status.Target != "greeter."+w.namespace+".svc:9527" {
		t.Errorf("target is %q", cr.Status.Target)
	}
}

func TestAClientFollowsItsServer(t *testing.T) {
	w := newWorld(t)
	server := w.readyServer("greeter")
	w.create(clientOf("caller", "greeter"))
	w.reconcileClient("caller")
	var d appsv1.Deployment

	w.change("greeter", server, func() { server.Spec.Service.Port = 7000 })
	cr := w.reconcileClient("caller")
	w.get("caller", &d)
	if !strings.Contains(settingsOf(t, &d), `"port":7000`) || !strings.HasSuffix(cr.Status.Target, ":7000") {
		t.Errorf("target is %q, settings are %s", cr.Status.Target, settingsOf(t, &d))
	}

	generation := d.Generation
	if err := w.client.Delete(t.Context(), server); err != nil {
		t.Fatal(err)
	}
	w.rollOut("caller", 0)
	cr = w.reconcileClient("caller")
	wantCondition(t, cr.Status.Conditions, v1alpha1.ConditionReady, "False", v1alpha1.ReasonServerNotFound)
	w.get("caller", &d)
	if d.Generation != generation || !strings.HasSuffix(cr.Status.Target, ":7000") {
		t.Error("losing the server restarted the client's pods")
	}

	w.change("caller", cr, func() { cr.Spec.Replicas = new(int32(3)) })
	w.reconcileClient("caller")
	w.get("caller", &d)
	if *d.Spec.Replicas != 3 {
		t.Error("a client without its server cannot be scaled")
	}
}

func TestAClientOfAnAddressNeedsNoServer(t *testing.T) {
	w := newWorld(t)
	cr := &v1alpha1.TcpClient{ObjectMeta: metav1.ObjectMeta{Name: "caller"}}
	cr.Spec.Address = &v1alpha1.Address{Host: "fd00::1", Port: 5432}
	w.create(cr)
	got := w.reconcileClient("caller")
	if got.Status.Target != "[fd00::1]:5432" {
		t.Errorf("target is %q", got.Status.Target)
	}
	w.change("caller", cr, func() { cr.Spec.Address.Host = "db.example.com" })
	got = w.reconcileClient("caller")
	if got.Status.Target != "db.example.com:5432" {
		t.Errorf("target is %q", got.Status.Target)
	}
}

func TestAnOutageIsReportedAtOnceAndCountersRarely(t *testing.T) {
	w := newWorld(t)
	w.readyServer("greeter")
	w.create(clientOf("caller", "greeter"))
	w.reconcileClient("caller")
	w.rollOut("caller", 1)
	pod := snapshot.Snapshot{Pod: "caller-x", Sessions: snapshot.Sessions{Desired: 1, Open: 1, Opened: 1}}
	say := func() {
		w.pods["TcpClient/caller"] = status.PodsSeen{Snapshots: []snapshot.Snapshot{pod}, Names: []string{"caller-x"}, Time: w.now}
	}
	say()
	cr := w.reconcileClient("caller")
	interval := status.CounterInterval(cr.Namespace, cr.Name)
	if cr.Status.Sessions.Established != 1 {
		t.Fatalf("sessions are %+v", cr.Status.Sessions)
	}

	w.now = w.now.Add(10 * time.Second)
	pod.Messages.Received = 5
	say()
	w.writes = 0
	result, err := w.tryClient("caller")
	if err != nil || w.writes != 0 || result.RequeueAfter != interval-10*time.Second {
		t.Errorf("after 10 s: %d writes, look again after %s (%v); want 0 and %s", w.writes, result.RequeueAfter, err, interval-10*time.Second)
	}
	w.now = w.now.Add(interval - 10*time.Second)
	say()
	if cr = w.reconcileClient("caller"); cr.Status.Messages.Received != 5 {
		t.Errorf("after %s: messages are %+v", interval, cr.Status.Messages)
	}

	w.announced()
	pod.Sessions = snapshot.Sessions{Desired: 1, Opened: 1, Lost: 1}
	pod.Outages = []snapshot.Outage{{StartTime: w.now, Phase: snapshot.PhaseSession, Reason: snapshot.PeerReset, ClosedBy: snapshot.Peer}}
	w.now = w.now.Add(time.Second)
	say()
	w.rollOut("caller", 0)
	cr = w.reconcileClient("caller")
	wantCondition(t, cr.Status.Conditions, v1alpha1.ConditionConnected, "False", v1alpha1.ReasonSessionsNotEstablished)
	if len(cr.Status.Outages) != 1 || cr.Status.Outages[0].Reason != "PeerReset" || cr.Status.Sessions.Lost != 1 {
		t.Errorf("outages are %+v, sessions %+v", cr.Status.Outages, cr.Status.Sessions)
	}
	if got := strings.Join(w.announced(), "\n"); !strings.Contains(got, "OutageBegan") || strings.Contains(got, "OutageEnded") {
		t.Errorf("events are %q", got)
	}
}
