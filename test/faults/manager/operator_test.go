package manager

import (
	"context"
	"errors"
	"testing"

	ctrl "sigs.k8s.io/controller-runtime"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"tcp-operator.io/controllers"
	"tcp-operator.io/controllers/desired"
	"tcp-operator.io/test/faults/wire"
)

var errCrashed = errors.New("the operator has crashed")

// operator is one process of the operator, which keeps one namespace, and the
// wire to its API server.
type operator struct {
	wire   *wire.Wire
	cancel context.CancelFunc
	ended  chan struct{} // closed once the manager has returned err
	err    error
}

// startOperator runs an operator until the test's end.
func startOperator(t *testing.T, w *wire.Wire, namespace, image string, change ...func(*ctrl.Options)) *operator {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	options := ctrl.Options{
		Scheme:                 server.Scheme,
		Metrics:                metricsserver.Options{BindAddress: "0"},
		HealthProbeBindAddress: "0",
		Cache:                  controllers.CacheOptions(namespace),
		Client:                 controllers.ClientOptions(namespace),
	}
	for _, c := range change {
		c(&options)
	}
	mgr, err := ctrl.NewManager(w.Config(server.Config), options)
	if err != nil {
		t.Fatal(err)
	}
	err = controllers.SetupWithManager(ctx, mgr, controllers.Options{
		Defaults:           desired.Defaults{WorkloadImage: image, OperatorNamespace: "operators"},
		SkipNameValidation: new(true),
	})
	if err != nil {
		t.Fatal(err)
	}
	o := &operator{wire: w, cancel: cancel, ended: make(chan struct{})}
	go func() {
		defer close(o.ended)
		o.err = mgr.Start(ctx)
	}()
	t.Cleanup(func() { o.stop(t) })
	return o
}

// withoutReadYourWrites lets reads lag behind the operator's own writes.
func withoutReadYourWrites(options *ctrl.Options) {
	options.Client.Cache.EnableReadYourWritesConsistency = new(false)
}

// stop ends the operator as a signal does.
func (o *operator) stop(t *testing.T) {
	t.Helper()
	o.cancel()
	<-o.ended
	if o.err != nil {
		t.Errorf("the manager ends with: %v", o.err)
	}
}

// crash ends the operator at once: nothing that it does reaches the API server
// any more.
func (o *operator) crash() {
	o.wire.Cut(errCrashed)
	o.cancel()
	<-o.ended
	o.err = nil // a process that is killed says nothing
}

// deaf are the paths that the operator should watch and does not; an operator
// that has ended should watch none.
func (o *operator) deaf() []string {
	select {
	case <-o.ended:
		return nil
	default:
		return o.wire.Deaf()
	}
}
