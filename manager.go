package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/manager"

	"tcp-operator.io/controllers"
)

// +kubebuilder:rbac:groups=coordination.k8s.io,namespace=system,resources=leases,verbs=create
// +kubebuilder:rbac:groups=coordination.k8s.io,namespace=system,resources=leases,resourceNames=tcp-operator,verbs=get;update
// +kubebuilder:rbac:groups="",namespace=system,resources=events,verbs=create

// The lease's own events are of the older kind, hence the rule for "". What
// asks who may read metrics is granted by config/rbac/metrics_auth_role.yaml:
// it is of the whole cluster even where the operator is not.

// leaderElectionID names the lease in the manager's namespace.
const leaderElectionID = "tcp-operator"

// managerOptions sets up the manager: what is cached, who leads, what is served.
func managerOptions(f flags) manager.Options {
	return manager.Options{
		Scheme:                 newScheme(),
		Metrics:                controllers.MetricsOptions(f.metricsAddress, f.metricsSecure),
		HealthProbeBindAddress: f.probeAddress,
		LeaderElection:         f.leaderElect,
		LeaderElectionID:       leaderElectionID,
		// Safe because the process exits as soon as Start returns.
		LeaderElectionReleaseOnCancel: true,
		Cache:                         controllers.CacheOptions(f.namespaces...),
		Client:                        controllers.ClientOptions(f.namespaces...),
	}
}

// addProbes serves /healthz, which holds while the process does, and /readyz,
// which holds once the caches have been filled.
func addProbes(mgr manager.Manager) error {
	if err := mgr.AddHealthzCheck("ping", func(*http.Request) error { return nil }); err != nil {
		return fmt.Errorf("adding /healthz: %w", err)
	}
	synced := func(r *http.Request) error {
		ctx, cancel := context.WithTimeout(r.Context(), time.Second)
		defer cancel()
		if !mgr.GetCache().WaitForCacheSync(ctx) {
			return errors.New("caches are not filled yet")
		}
		return nil
	}
	if err := mgr.AddReadyzCheck("caches", synced); err != nil {
		return fmt.Errorf("adding /readyz: %w", err)
	}
	return nil
}
