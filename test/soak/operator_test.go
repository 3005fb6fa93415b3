package soak

import (
	"context"
	"fmt"
	"net"
	"path/filepath"
	"slices"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"tcp-operator.io/api/v1alpha1"
	"tcp-operator.io/controllers/desired"
)

// startManager starts the operator against the API server.
func startManager(t *testing.T) *process {
	t.Helper()
	web := net.JoinHostPort(managerHost, "8080")
	return start(t, process{name: "manager", web: web, errors: []string{"controller_runtime_reconcile_panics_total"}},
		build(t, "."), []string{"KUBECONFIG=" + kubeconfig(t, cluster.Config)},
		"--workload-image=workload:soak", "--metrics-secure=false", "--metrics-bind-address="+web,
		"--health-probe-bind-address=0", "--log-level=error")
}

// kubeconfig writes a configuration for another process.
func kubeconfig(t *testing.T, c *rest.Config) string {
	t.Helper()
	config := clientcmdapi.NewConfig()
	config.Clusters["soak"] = &clientcmdapi.Cluster{Server: c.Host, CertificateAuthorityData: c.CAData}
	config.AuthInfos["soak"] = &clientcmdapi.AuthInfo{ClientCertificateData: c.CertData, ClientKeyData: c.KeyData}
	config.Contexts["soak"] = &clientcmdapi.Context{Cluster: "soak", AuthInfo: "soak"}
	config.CurrentContext = "soak"
	file := filepath.Join(t.TempDir(), "kubeconfig")
	if err := clientcmd.WriteToFile(*config, file); err != nil {
		t.Fatal(err)
	}
	return file
}

// livePairs is how many pairs of a server and a client there are at a time.
const livePairs = 40

// Users are those who create, edit and delete resources, and everything else
// that a cluster does: roll out Deployments, run pods, collect garbage.
type users struct {
	namespace string
	created   int
}

func (u *users) name(number int) string { return fmt.Sprintf("pair-%d", number%(10*livePairs)) }

// step takes the place of the oldest pair by a new one, and edits one that is
// half as old.
func (u *users) step(ctx context.Context) error {
	u.created++
	if err := u.create(ctx, u.name(u.created)); err != nil {
		return err
	}
	if n := u.created - livePairs/2; n > 0 {
		if err := u.edit(ctx, u.name(n)); err != nil {
			return err
		}
	}
	if n := u.created - livePairs/4; n > 0 {
		if err := u.run(ctx, u.name(n)); err != nil {
			return err
		}
	}
	if n := u.created - livePairs; n > 0 {
		return u.remove(ctx, u.name(n))
	}
	return nil
}

func (u *users) create(ctx context.Context, name string) error {
	s := &v1alpha1.TcpServer{ObjectMeta: u.meta(name)}
	if err := cluster.Client.Create(ctx, s); err != nil {
		return err
	}
	c := &v1alpha1.TcpClient{ObjectMeta: u.meta(name + "-caller")}
	c.Spec.ServerRef = &v1alpha1.ServerReference{Name: name}
	return cluster.Client.Create(ctx, c)
}

func (u *users) meta(name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Namespace: u.namespace, Name: name}
}

// edit changes a server so that its client must follow.
func (u *users) edit(ctx context.Context, name string) error {
	var s v1alpha1.TcpServer
	if err := cluster.Client.Get(ctx, client.ObjectKey{Namespace: u.namespace, Name: name}, &s); err != nil {
		return err
	}
	before := s.DeepCopy()
	s.Spec.Service.Port = int32(7000 + u.created%1000)
	return cluster.Client.Patch(ctx, &s, client.MergeFrom(before))
}

// await reads an object until it is there and ok.
func (u *users) await(ctx context.Context, name string, into client.Object, ok func() bool) error {
	read := func(ctx context.Context) (bool, error) {
		err := cluster.Client.Get(ctx, client.ObjectKey{Namespace: u.namespace, Name: name}, into)
		return err == nil && ok(), client.IgnoreNotFound(err)
	}
	if err := wait.PollUntilContextTimeout(ctx, 100*time.Millisecond, time.Minute, true, read); err != nil {
		return fmt.Errorf("%T %s is not as it should be: %w", into, name, err)
	}
	return nil
}

// A part is one of the two resources of a pair, and which of the soak's own
// processes its pod is.
type part struct {
	name, host string
	kind       schema.GroupVersionKind
	into       client.Object
	conditions *[]metav1.Condition
}

func parts(name string) []part {
	s, c := &v1alpha1.TcpServer{}, &v1alpha1.TcpClient{}
	return []part{
		{name, serverHost, v1alpha1.ServerKind, s, &s.Status.Conditions},
		{name + "-caller", steadyHost, v1alpha1.ClientKind, c, &c.Status.Conditions},
	}
}

// run plays the kubelets and the Deployment controller: the pods of a pair
// run. A client has none before its server is ready.
func (u *users) run(ctx context.Context, name string) error {
	for _, p := range parts(name) {
		var d appsv1.Deployment
		if err := u.await(ctx, p.name, &d, func() bool { return true }); err != nil {
			return err
		}
		pod := &corev1.Pod{ObjectMeta: u.meta(p.name), Spec: *d.Spec.Template.Spec.DeepCopy()}
		pod.Labels = d.Spec.Template.Labels
		pod.Spec.NodeName = "soak"
		if err := cluster.Client.Create(ctx, pod); err != nil {
			return err
		}
		pod.Status = corev1.PodStatus{Phase: corev1.PodRunning, PodIP: p.host, PodIPs: []corev1.PodIP{{IP: p.host}},
			Conditions: []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue}}}
		if err := cluster.Client.Status().Update(ctx, pod); err != nil {
			return err
		}
		if err := u.rollOut(ctx, p.name); err != nil {
			return err
		}
	}
	return nil
}

// rollOut makes all replicas run the template of now.
func (u *users) rollOut(ctx context.Context, name string) error {
	var d appsv1.Deployment
	err := cluster.Client.Get(ctx, client.ObjectKey{Namespace: u.namespace, Name: name}, &d)
	if err != nil || d.Status.ObservedGeneration == d.Generation {
		return err
	}
	d.Status = appsv1.DeploymentStatus{ObservedGeneration: d.Generation, Replicas: 1, UpdatedReplicas: 1, ReadyReplicas: 1, AvailableReplicas: 1}
	return cluster.Client.Status().Update(ctx, &d)
}

// remove deletes a pair, which must become ready before, and what belongs to
// it.
func (u *users) remove(ctx context.Context, name string) error {
	for _, p := range slices.Backward(parts(name)) { // a client without its server is not ready
		ready := func() bool {
			_ = u.rollOut(ctx, p.name) // until nothing changes any more
			return meta.IsStatusConditionTrue(*p.conditions, v1alpha1.ConditionReady)
		}
		if err := u.await(ctx, p.name, p.into, ready); err != nil {
			return fmt.Errorf("%w: %+v", err, *p.conditions)
		}
		if err := cluster.Client.Delete(ctx, p.into); err != nil {
			return err
		}
		of := []client.DeleteAllOfOption{client.InNamespace(u.namespace), client.MatchingLabels(desired.Selector(p.kind, p.name)), client.GracePeriodSeconds(0)}
		for _, child := range []client.Object{&appsv1.Deployment{}, &corev1.Service{}, &corev1.Pod{}} {
			if err := cluster.Client.DeleteAllOf(ctx, child, of...); err != nil {
				return err
			}
		}
	}
	return nil
}

// churn makes steps until ctx is done.
func (u *users) churn(ctx context.Context, report func(error)) {
	for pause(ctx, 500*time.Millisecond) {
		if err := u.step(ctx); err != nil && ctx.Err() == nil {
			report(fmt.Errorf("pair %d: %w", u.created, err))
		}
	}
}
