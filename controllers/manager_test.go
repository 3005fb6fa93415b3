package controllers

import (
	"context"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/rest"
	ctrl "sigs.k8s.io/controller-runtime"

	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"tcp-operator.io/api/v1alpha1"
	"tcp-operator.io/controllers/desired"
)

// TestARunningManager is the one test of the wiring: watches, indexes and
// queues bring a client created before its server to Ready, and a change of
// the server's port to the client.
func TestARunningManager(t *testing.T) {
	w := newWorld(t)
	stop := startManager(t)
	defer stop()

	w.create(clientOf("caller", "greeter"))
	w.eventually("the client to say that its server is missing", func() bool {
		return w.reason("caller") == v1alpha1.ReasonServerNotFound
	})
	w.create(&v1alpha1.TcpServer{ObjectMeta: metav1.ObjectMeta{Name: "greeter"}})
	for _, name := range []string{"greeter", "caller"} {
		w.eventually("a Deployment "+name, func() bool { return w.exists(name, &appsv1.Deployment{}) })
		w.rollOut(name, 1)
	}
	w.eventually("the client to be ready", func() bool {
		return w.reason("caller") == v1alpha1.ReasonSessionsEstablished
	})
	var cr v1alpha1.TcpServer
	w.change("greeter", &cr, func() { cr.Spec.Service.Port = 7000 })
	w.eventually("the client to follow", func() bool {
		var caller v1alpha1.TcpClient
		w.get("caller", &caller)
		return caller.Status.Target == "greeter."+w.namespace+".svc:7000"
	})
	var d appsv1.Deployment
	w.get("greeter", &d)
	if err := w.client.Delete(t.Context(), &d); err != nil {
		t.Fatal(err)
	}
	w.eventually("a lost Deployment to be made again", func() bool {
		var again appsv1.Deployment
		return w.exists("greeter", &again) && again.UID != d.UID
	})
}

// startManager runs a manager as main does, and returns how to stop it.
func startManager(t *testing.T) (stop func()) {
	t.Helper()
	return startManagerWith(t, server.Config, ctrl.Options{Cache: CacheOptions(), Client: ClientOptions()})
}

// startManagerWith runs a manager that serves nothing.
func startManagerWith(t *testing.T, config *rest.Config, options ctrl.Options) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	options.Scheme = server.Scheme
	options.Metrics = metricsserver.Options{BindAddress: "0"}
	options.HealthProbeBindAddress = "0"
	mgr, err := ctrl.NewManager(config, options)
	if err != nil {
		t.Fatal(err)
	}
	if err := SetupWithManager(ctx, mgr, Options{Defaults: desired.Defaults{WorkloadImage: "workload:test"}, SkipNameValidation: new(true)}); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- mgr.Start(ctx) }()
	return func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

// eventually asks until is says yes. A running manager cannot be waited for
// in another way.
func (w *world) eventually(what string, is func() bool) {
	w.t.Helper()
	poll := func(context.Context) (bool, error) { return is(), nil }
	if err := wait.PollUntilContextTimeout(w.t.Context(), 20*time.Millisecond, 20*time.Second, true, poll); err != nil {
		w.t.Fatalf("waited in vain for %s", what)
	}
}

// reason is that of a client's Ready condition.
func (w *world) reason(name string) string {
	w.t.Helper()
	var cr v1alpha1.TcpClient
	w.get(name, &cr)
	for _, c := range cr.Status.Conditions {
		if c.Type == v1alpha1.ConditionReady {
			return c.Reason
		}
	}
	return ""
}
