package node

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"time"

	"tcp-operator.io/lab/internal/config"
)

// cluster asks the running cluster how it is.
type cluster struct {
	node   string
	client *http.Client
}

// newCluster reads the administrator's certificate. The cluster need not
// run yet.
func newCluster(node string) (*cluster, error) {
	cert, err := tls.LoadX509KeyPair(filepath.Join(config.PKI, "admin.crt"), filepath.Join(config.PKI, "admin.key"))
	if err != nil {
		return nil, fmt.Errorf("load the administrator's certificate: %w", err)
	}
	ca, err := os.ReadFile(filepath.Join(config.PKI, "ca.crt"))
	if err != nil {
		return nil, fmt.Errorf("load the authority's certificate: %w", err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(ca)
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, Certificates: []tls.Certificate{cert}}}
	return &cluster{node: node, client: &http.Client{Transport: transport, Timeout: 5 * time.Second}}, nil
}

// get fetches a path of the API server.
func (c *cluster) get(ctx context.Context, path string) ([]byte, error) {
	return fetch(ctx, c.client, "https://"+config.APIAddress+path)
}

func fetch(ctx context.Context, client *http.Client, url string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	response, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("GET %s: %s", url, response.Status)
	}
	return body, err
}

// etcdServes and the following ask one question each. Nil means yes.
func (c *cluster) etcdServes(ctx context.Context) error {
	_, err := fetch(ctx, c.client, "http://"+config.EtcdAddress+"/health")
	return err
}

func (c *cluster) containerdServes(context.Context) error {
	conn, err := net.Dial("unix", "/run/containerd/containerd.sock")
	if err != nil {
		return err
	}
	return conn.Close()
}

func (c *cluster) apiServes(ctx context.Context) error {
	_, err := c.get(ctx, "/readyz")
	return err
}

// accountExists is what creating the first pod waits for.
func (c *cluster) accountExists(ctx context.Context) error {
	_, err := c.get(ctx, "/api/v1/namespaces/default/serviceaccounts/default")
	return err
}

func (c *cluster) nodeReady(ctx context.Context) error {
	body, err := c.get(ctx, "/api/v1/nodes/"+c.node)
	if err != nil {
		return err
	}
	return nodeReady(body)
}

// dnsAnswers asks through the Service, so it shows that kube-proxy works too.
// A question that is lost, because the Service's rules are not in force yet,
// is not waited for: the next one may do better.
func (c *cluster) dnsAnswers(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	resolver := &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, net.JoinHostPort(config.DNSAddress, "53"))
	}}
	found, err := resolver.LookupHost(ctx, "kubernetes.default.svc."+config.ClusterDomain+".")
	if err != nil {
		return err
	}
	if !slices.Contains(found, config.APIServiceAddress) {
		return fmt.Errorf("the name of the API's Service leads to %v", found)
	}
	return nil
}

// nodeReady judges a Node in JSON.
func nodeReady(body []byte) error {
	var node struct {
		Spec struct {
			Taints []struct{ Key, Effect string }
		}
		Status struct {
			Conditions []struct{ Type, Status, Message string }
		}
	}
	if err := json.Unmarshal(body, &node); err != nil {
		return fmt.Errorf("read the node: %w", err)
	}
	for _, t := range node.Spec.Taints {
		if t.Effect == "NoSchedule" || t.Effect == "NoExecute" {
			return fmt.Errorf("the node has the taint %s", t.Key)
		}
	}
	for _, c := range node.Status.Conditions {
		if c.Type == "Ready" && c.Status == "True" {
			return nil
		}
		if c.Type == "Ready" {
			return errors.New(c.Message)
		}
	}
	return errors.New("the node has not reported yet")
}
