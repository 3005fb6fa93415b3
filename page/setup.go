package page

import (
	"context"
	"fmt"

	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/manager"

	"tcp-operator.io/api/v1alpha1"
)

// SetupWithManager serves the page beside the manager's metrics, to those whom
// the metrics server lets pass. pods tells what pods said last.
func SetupWithManager(ctx context.Context, mgr manager.Manager, pods Pods) error {
	// A manager that does not lead runs no controller that would fill these.
	for _, kind := range []client.Object{&v1alpha1.TcpServer{}, &v1alpha1.TcpClient{}} {
		if _, err := mgr.GetCache().GetInformer(ctx, kind, cache.BlockUntilSynced(false)); err != nil {
			return fmt.Errorf("watching %T: %w", kind, err)
		}
	}
	// The cache rather than the manager's client: that one waits until its own
	// writes have come back.
	source := Cluster{Cached: mgr.GetCache(), Live: mgr.GetAPIReader(), Pods: pods}
	return mgr.AddMetricsServerExtraHandler(Path, Handler(source))
}
