// Package metrics asks the operator's own metrics as strangers, as the known
// and as the entitled.
package metrics

import (
	"context"
	"crypto/tls"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-logr/logr"
	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"tcp-operator.io/controllers"
	"tcp-operator.io/page"
	"tcp-operator.io/test/apiserver"
	"tcp-operator.io/test/kustomize"
)

var server apiserver.Server

func TestMain(m *testing.M) {
	log.SetLogger(logr.Discard())
	os.Exit(apiserver.Run(m, func(s apiserver.Server) { server = s }))
}

// installed is done by the first test that needs it.
var installed sync.Once

const (
	namespace = "tcp-operator-system"
	manager   = "tcp-operator-manager"
)

// create makes an object, which may be there from an earlier run.
func create(t *testing.T, o client.Object) {
	t.Helper()
	if err := server.Client.Create(t.Context(), o); err != nil {
		t.Fatal(err)
	}
}

// install makes what config/default says of accounts and rights, with the page.
func install(t *testing.T) {
	t.Helper()
	all := kustomize.BuildWith(t, "config/default", "config/ui")
	for _, kind := range []string{"Namespace", "ServiceAccount", "ClusterRole", "ClusterRoleBinding"} {
		for _, o := range all {
			if o.GetKind() == kind {
				create(t, &o)
			}
		}
	}
}

// token makes an account and returns a token of it.
func token(t *testing.T, name string) string {
	t.Helper()
	account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: namespace}}
	create(t, account)
	return tokenOf(t, account)
}

// tokenOf returns a token of an account that is there.
func tokenOf(t *testing.T, account *corev1.ServiceAccount) string {
	t.Helper()
	request := &authenticationv1.TokenRequest{}
	if err := server.Client.SubResource("token").Create(t.Context(), account, request); err != nil {
		t.Fatal(err)
	}
	return request.Status.Token
}

// allow binds an account to a ClusterRole as the README tells readers to.
func allow(t *testing.T, name, role string) {
	t.Helper()
	create(t, &rbacv1.ClusterRoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: role},
		Subjects:   []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Namespace: namespace, Name: name}},
	})
}

// as is a configuration with the rights of an account.
func as(account string) *rest.Config {
	config := rest.CopyConfig(server.Config)
	config.Impersonate = rest.ImpersonationConfig{
		UserName: "system:serviceaccount:" + namespace + ":" + account,
		Groups:   []string{"system:serviceaccounts", "system:serviceaccounts:" + namespace, "system:authenticated"},
	}
	return config
}

// serve runs the operator's metrics server, with the page, with the rights of
// its account, and returns its address.
func serve(t *testing.T) string {
	t.Helper()
	installed.Do(func() { install(t) })
	config := as(manager)
	httpClient, err := rest.HTTPClientFor(config)
	if err != nil {
		t.Fatal(err)
	}
	s, err := metricsserver.NewServer(controllers.MetricsOptions("127.0.0.1:0", true), config, httpClient)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.AddExtraHandler(page.Path, pageOf(t, config)); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Start(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	var address string
	err = wait.PollUntilContextTimeout(t.Context(), 10*time.Millisecond, time.Minute, true, func(context.Context) (bool, error) {
		address = s.(interface{ GetBindAddr() string }).GetBindAddr()
		return address != "", nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return address
}

// insecure trusts any certificate: the server's is signed by itself.
func insecure() *tls.Config { return &tls.Config{InsecureSkipVerify: true} }

// ask returns the answer's status, protocol and body.
func ask(t *testing.T, method, url, bearer string) (int, string, string) {
	t.Helper()
	transport := &http.Transport{TLSClientConfig: insecure(), ForceAttemptHTTP2: true}
	defer transport.CloseIdleConnections()
	request, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	if bearer != "" {
		request.Header.Set("Authorization", "Bearer "+bearer)
	}
	answer, err := transport.RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, answer.Proto, string(body)
}

func TestMetricsAreForThoseWhoMayReadThem(t *testing.T) {
	url := "https://" + serve(t) + "/metrics"
	nobody, reader := token(t, "nobody"), token(t, "reader")
	allow(t, "reader", "tcp-operator-metrics-reader")
	const metric = "go_goroutines"
	for name, c := range map[string]struct {
		method, token string
		want          int
	}{
		"without token": {http.MethodGet, "", http.StatusUnauthorized},
		// The filter of controller-runtime takes a token that the API server
		// does not know for a failure to find out.
		"with a token of no account":    {http.MethodGet, "forged", http.StatusInternalServerError},
		"with a token that was changed": {http.MethodGet, strings.ToLower(reader), http.StatusInternalServerError},
		"without the right":             {http.MethodGet, nobody, http.StatusForbidden},
		"with the right":                {http.MethodGet, reader, http.StatusOK},
		"writing":                       {http.MethodPost, reader, http.StatusForbidden},
	} {
		status, protocol, body := ask(t, c.method, url, c.token)
		if status != c.want || protocol != "HTTP/1.1" {
			t.Errorf("%s: %d by %s, want %d by HTTP/1.1", name, status, protocol, c.want)
		}
		if readable := strings.Contains(body, metric); readable != (c.want == http.StatusOK) {
			t.Errorf("%s: metrics can be read: %v", name, readable)
		}
	}
}

func TestMetricsSpeakNoOldProtocol(t *testing.T) {
	address := serve(t)
	for name, c := range map[string]struct {
		change func(*tls.Config)
		want   string // protocol; empty: the handshake fails
	}{
		"TLS 1.0":           {func(c *tls.Config) { c.MinVersion, c.MaxVersion = tls.VersionTLS10, tls.VersionTLS10 }, ""},
		"TLS 1.1":           {func(c *tls.Config) { c.MinVersion, c.MaxVersion = tls.VersionTLS11, tls.VersionTLS11 }, ""},
		"TLS 1.2":           {func(c *tls.Config) { c.MaxVersion = tls.VersionTLS12 }, "http/1.1"},
		"TLS 1.3":           {func(c *tls.Config) { c.MinVersion = tls.VersionTLS13 }, "http/1.1"},
		"HTTP/2 only":       {func(c *tls.Config) { c.NextProtos = []string{"h2"} }, ""},
		"HTTP/2 by choice":  {func(c *tls.Config) { c.NextProtos = []string{"h2", "http/1.1"} }, "http/1.1"},
		"HTTP/2 from plain": {func(c *tls.Config) { c.NextProtos = []string{"h2c", "http/1.1"} }, "http/1.1"},
	} {
		config := insecure()
		config.NextProtos = []string{"http/1.1"}
		c.change(config)
		var got string
		conn, err := tls.Dial("tcp", address, config)
		if err == nil {
			got = conn.ConnectionState().NegotiatedProtocol
			_ = conn.Close()
		}
		if got != c.want || (err != nil) != (c.want == "") {
			t.Errorf("%s: protocol %q (%v), want %q", name, got, err, c.want)
		}
	}
	if status, _, _ := ask(t, http.MethodGet, "http://"+address+"/metrics", ""); status != http.StatusBadRequest {
		t.Errorf("without TLS: %d, want %d", status, http.StatusBadRequest)
	}
}
