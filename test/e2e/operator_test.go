//go:build e2e

package e2e

import (
	"strings"
	"testing"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
)

// The operator's own namespace, Deployment and lease.
const (
	operatorNamespace  = "tcp-operator-system"
	operatorDeployment = "deployment/tcp-operator-manager"
	operatorSelector   = "app.kubernetes.io/component=manager"
	operatorLease      = "tcp-operator"
)

// operatorLog is that of the operator that stays: asked for a Deployment's log,
// kubectl may take a pod that is on its way out.
func operatorLog(t *testing.T) string {
	t.Helper()
	return kubectl(t, "-n", operatorNamespace, "logs", operatorPod(t).Name, "--tail=-1")
}

// operatorErrors are the lines of the operator's log that report an error and
// contain text.
func operatorErrors(t *testing.T, text string) []string {
	t.Helper()
	var errors []string
	for line := range strings.Lines(operatorLog(t)) {
		if strings.Contains(line, `"level":"ERROR"`) && strings.Contains(line, text) {
			errors = append(errors, line)
		}
	}
	return errors
}

// operatorPod is the one that is not on its way out.
func operatorPod(t *testing.T) corev1.Pod {
	t.Helper()
	system := namespace{t, operatorNamespace}
	for _, pod := range get[corev1.PodList](system, "pods", "-l", operatorSelector).Items {
		if pod.DeletionTimestamp == nil {
			return pod
		}
	}
	t.Fatal("there is no operator")
	return corev1.Pod{}
}

// leader is who leads, and since when.
func leader(t *testing.T) coordinationv1.LeaseSpec {
	t.Helper()
	return get[coordinationv1.Lease](namespace{t, operatorNamespace}, "lease", operatorLease).Spec
}

// awaitNewLeader waits until another operator leads than before, and returns
// since when.
func awaitNewLeader(t *testing.T, before coordinationv1.LeaseSpec) time.Time {
	t.Helper()
	var now coordinationv1.LeaseSpec
	within(t, time.Minute, "another operator to lead", func() bool {
		now = leader(t)
		return now.HolderIdentity != nil && *now.HolderIdentity != "" && *now.HolderIdentity != *before.HolderIdentity
	})
	return now.AcquireTime.Time
}
