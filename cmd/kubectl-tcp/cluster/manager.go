package cluster

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"golang.org/x/oauth2"
	authenticationv1 "k8s.io/api/authentication/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/httpstream" //nolint:staticcheck // what client-go's portforward speaks in
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/portforward"
	"k8s.io/client-go/transport/spdy"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// managerLabels are those of config/manager.
var managerLabels = client.MatchingLabels{"app.kubernetes.io/name": "tcp-operator", "app.kubernetes.io/component": "manager"}

// leaseName is that of the manager that leads.
const leaseName = "tcp-operator"

// Manager returns the manager's pod that leads, because only that one asks the
// workload's pods. Where the lease does not tell, it is one that runs, and doubt
// says so; else doubt is empty.
func (c *Cluster) Manager(ctx context.Context, namespace string) (manager *corev1.Pod, doubt string, err error) {
	var pods corev1.PodList
	if err := c.client.List(ctx, &pods, client.InNamespace(namespace), managerLabels); err != nil {
		return nil, "", fmt.Errorf("looking for the manager: %w", err)
	}
	var lease coordinationv1.Lease
	err = c.client.Get(ctx, client.ObjectKey{Namespace: namespace, Name: leaseName}, &lease)
	if ctx.Err() != nil {
		return nil, "", ctx.Err()
	}
	manager, doubt = leading(pods.Items, lease.Spec, err)
	if manager == nil {
		return nil, "", fmt.Errorf("no manager runs in namespace %q: name the operator's with --operator-namespace", namespace)
	}
	return manager, doubt, nil
}

// leading picks the pod that the lease names, if that one runs, and else any
// that does: nil where none does.
func leading(pods []corev1.Pod, lease coordinationv1.LeaseSpec, unread error) (pod *corev1.Pod, doubt string) {
	holder := ""
	if lease.HolderIdentity != nil {
		holder, _, _ = strings.Cut(*lease.HolderIdentity, "_")
	}
	for i := range pods {
		p := &Pod{Pod: pods[i]}
		if p.runs() && (pod == nil || pods[i].Name == holder) {
			pod = &pods[i]
		}
	}
	switch {
	case pod == nil || unread == nil && pod.Name == holder:
		return pod, ""
	case apierrors.IsNotFound(unread):
		return pod, "there is no lease that says which manager leads"
	case unread != nil:
		return pod, fmt.Sprintf("which manager leads could not be read (%v)", unread)
	case holder == "":
		return pod, "no manager leads at present"
	}
	return pod, fmt.Sprintf("the manager that leads, %s, is not among those that run", holder)
}

const (
	// tokenLives is for how long a new token is valid.
	tokenLives = time.Hour
	// renewBefore is how long before its end a token is replaced.
	renewBefore = 5 * time.Minute
)

// tokenFunc is an oauth2.TokenSource.
type tokenFunc func() (*oauth2.Token, error)

// Token implements oauth2.TokenSource.
func (f tokenFunc) Token() (*oauth2.Token, error) { return f() }

// Tokens makes them of a service account until ctx is done. Each is valid for an
// hour, and used for almost as long.
func (c *Cluster) Tokens(ctx context.Context, namespace, account string) oauth2.TokenSource {
	anew := func() (*oauth2.Token, error) { return c.newToken(ctx, namespace, account) }
	return oauth2.ReuseTokenSourceWithExpiry(nil, tokenFunc(anew), renewBefore)
}

func (c *Cluster) newToken(ctx context.Context, namespace, account string) (*oauth2.Token, error) {
	request := &authenticationv1.TokenRequest{Spec: authenticationv1.TokenRequestSpec{ExpirationSeconds: new(int64(tokenLives / time.Second))}}
	answer, err := c.core.CoreV1().ServiceAccounts(namespace).CreateToken(ctx, account, request, metav1.CreateOptions{})
	switch {
	case apierrors.IsNotFound(err):
		return nil, fmt.Errorf("there is no service account %s/%s: install the page (config/ui), or name another with --service-account", namespace, account)
	case apierrors.IsForbidden(err):
		return nil, fmt.Errorf("no right to make a token of service account %s/%s: ask for create on serviceaccounts/token, or send your own with --own-token", namespace, account)
	case err != nil:
		return nil, fmt.Errorf("making a token of service account %s/%s: %w", namespace, account, err)
	}
	return &oauth2.Token{AccessToken: answer.Status.Token, Expiry: answer.Status.ExpirationTimestamp.Time}, nil
}

// OwnTokens are what the configuration itself holds, read anew each time.
func OwnTokens(config *rest.Config) oauth2.TokenSource {
	return tokenFunc(func() (*oauth2.Token, error) {
		token, err := ownToken(config)
		return &oauth2.Token{AccessToken: token}, err
	})
}

func ownToken(config *rest.Config) (string, error) {
	switch {
	case config.Impersonate.UserName != "":
		return "", errors.New("--own-token is yours, and not that of --as: leave one of the two out")
	case config.BearerTokenFile != "":
		token, err := os.ReadFile(config.BearerTokenFile)
		return strings.TrimSpace(string(token)), err
	case config.BearerToken != "":
		return config.BearerToken, nil
	}
	return "", errors.New("your kubeconfig holds no token: leave out --own-token, or add --token")
}

// Forward makes a local port lead to a pod's until ctx is done, and returns
// it. Ended then tells why it no longer does: nil after ctx, else an error.
func (c *Cluster) Forward(ctx context.Context, pod *corev1.Pod, port int, problems io.Writer) (local uint16, ended <-chan error, err error) {
	dialer, err := c.dialer(pod)
	if err != nil {
		return 0, nil, err
	}
	ready, done := make(chan struct{}), make(chan error, 1)
	forwarder, err := portforward.NewOnAddressesWithContext(ctx, dialer, []string{"127.0.0.1"}, []string{fmt.Sprintf("0:%d", port)}, ready, io.Discard, problems)
	if err != nil {
		return 0, nil, err
	}
	// It ends with ctx, or, while it dials, with the attempt: client-go dials
	// without a context. done has room, so nobody needs to wait.
	go func() { done <- forwarder.ForwardPorts() }()
	select {
	case <-ctx.Done():
		return 0, nil, ctx.Err()
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
