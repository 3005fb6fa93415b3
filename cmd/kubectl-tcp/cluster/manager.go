package cluster

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"

	authenticationv1 "k8s.io/api/authentication/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/httpstream" //nolint:staticcheck // what client-go's portforward speaks in
	"k8s.io/client-go/tools/portforward"
	"k8s.io/client-go/transport/spdy"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// managerLabels are those of config/manager.
var managerLabels = client.MatchingLabels{"app.kubernetes.io/name": "tcp-operator", "app.kubernetes.io/component": "manager"}

// Manager returns the manager's pod: the one that holds the lease, because
// only it asks the workload's pods; else any that runs.
func (c *Cluster) Manager(ctx context.Context, namespace string) (*corev1.Pod, error) {
	var pods corev1.PodList
	if err := c.client.List(ctx, &pods, client.InNamespace(namespace), managerLabels); err != nil {
		return nil, err
	}
	var lease coordinationv1.Lease
	leader := ""
	err := c.client.Get(ctx, client.ObjectKey{Namespace: namespace, Name: "tcp-operator"}, &lease)
	if err == nil && lease.Spec.HolderIdentity != nil {
		leader, _, _ = strings.Cut(*lease.Spec.HolderIdentity, "_")
	}
	var running *corev1.Pod
	for i := range pods.Items {
		pod := &pods.Items[i]
		stays := pod.Status.Phase == corev1.PodRunning && pod.DeletionTimestamp.IsZero()
		if stays && (running == nil || pod.Name == leader) {
			running = pod
		}
	}
	if running == nil {
		return nil, fmt.Errorf("no manager runs in namespace %q: name the operator's with --operator-namespace", namespace)
	}
	return running, nil
}

// Token returns the kubeconfig's own token where it has one, else a new one,
// valid for an hour, of the service account.
func (c *Cluster) Token(ctx context.Context, namespace, account string) (string, error) {
	if c.Config.BearerToken != "" {
		return c.Config.BearerToken, nil
	}
	if file := c.Config.BearerTokenFile; file != "" {
		token, err := os.ReadFile(file)
		return strings.TrimSpace(string(token)), err
	}
	hour := int64(3600)
	request := &authenticationv1.TokenRequest{Spec: authenticationv1.TokenRequestSpec{ExpirationSeconds: &hour}}
	answer, err := c.core.CoreV1().ServiceAccounts(namespace).CreateToken(ctx, account, request, metav1.CreateOptions{})
	switch {
	case apierrors.IsNotFound(err):
		return "", fmt.Errorf("there is no service account %s/%s: install the page (config/ui), or name another with --service-account", namespace, account)
	case apierrors.IsForbidden(err):
		return "", fmt.Errorf("no right to make a token of service account %s/%s: ask for create on serviceaccounts/token", namespace, account)
	case err != nil:
		return "", err
	}
	return answer.Status.Token, nil
}

// Forward makes a local port lead to a pod's until ctx is done, and returns
// it. ended is closed when it no longer does.
func (c *Cluster) Forward(ctx context.Context, pod *corev1.Pod, port int, errors io.Writer) (local uint16, ended <-chan error, err error) {
	dialer, err := c.dialer(pod)
	if err != nil {
		return 0, nil, err
	}
	ready, done := make(chan struct{}), make(chan error, 1)
	forwarder, err := portforward.NewOnAddresses(dialer, []string{"127.0.0.1"}, []string{fmt.Sprintf("0:%d", port)}, ctx.Done(), ready, io.Discard, errors)
	if err != nil {
		return 0, nil, err
	}
	go func() { done <- forwarder.ForwardPorts() }()
	select {
	case err := <-done:
		return 0, nil, fmt.Errorf("forwarding a port to pod %s: %w", pod.Name, err)
	case <-ready:
	}
	ports, err := forwarder.GetPorts()
	if err != nil {
		return 0, nil, err
	}
	return ports[0].Local, done, nil
}

// dialer speaks WebSocket, and SPDY to an API server or proxy that does not.
func (c *Cluster) dialer(pod *corev1.Pod) (httpstream.Dialer, error) {
	at := c.core.CoreV1().RESTClient().Post().Resource("pods").Namespace(pod.Namespace).Name(pod.Name).SubResource("portforward").URL()
	transport, upgrader, err := spdy.RoundTripperFor(c.Config)
	if err != nil {
		return nil, err
	}
	old := spdy.NewDialer(upgrader, &http.Client{Transport: transport}, http.MethodPost, at)
	tunnel, err := portforward.NewSPDYOverWebsocketDialer(at, c.Config)
	if err != nil {
		return nil, err
	}
	return portforward.NewFallbackDialer(tunnel, old, func(err error) bool {
		return httpstream.IsUpgradeFailure(err) || httpstream.IsHTTPSProxyError(err)
	}), nil
}
