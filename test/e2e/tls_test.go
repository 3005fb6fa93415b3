//go:build e2e

package e2e

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const secureManifests = `
apiVersion: tcp-operator.io/v1alpha1
kind: TcpServer
metadata: {name: greeter, namespace: e2e-tls}
spec: {tls: {secretName: pair, clientCASecretName: roots}}
---
apiVersion: tcp-operator.io/v1alpha1
kind: TcpClient
metadata: {name: caller, namespace: e2e-tls}
spec:
  serverRef: {name: greeter}
  reconnect: {initialDelay: 1s, maxDelay: 1s}
  tls: {caSecretName: roots, certificateSecretName: pair}
---
apiVersion: tcp-operator.io/v1alpha1
kind: TcpClient
metadata: {name: stranger, namespace: e2e-tls}
spec:
  serverRef: {name: greeter}
  reconnect: {initialDelay: 1s, maxDelay: 1s}
  tls: {caSecretName: roots, serverName: somebody.else}
`

// TestTLS holds a session over TLS with certificates on both sides, and says
// why another cannot be established.
func TestTLS(t *testing.T) {
	t.Parallel()
	k := newNamespace(t, "e2e-tls").kubectl
	certificate, key := selfSigned(t, "greeter.e2e-tls.svc")
	k("create", "secret", "tls", "pair", "--cert="+certificate, "--key="+key)
	k("create", "secret", "generic", "roots", "--from-file=ca.crt="+certificate)
	if out, err := tryKubectl(t, secureManifests, "apply", "-f", "-"); err != nil {
		t.Fatal(out)
	}
	k("wait", "--for=condition=Ready", "tcpserver/greeter", "tcpclient/caller", "--timeout=90s")
	within(t, 30*time.Second, "a message over TLS", func() bool {
		return strings.Contains(k("logs", "deployment/greeter"), "Received msg 'Hello server")
	})
	within(t, 60*time.Second, "an outage of the stranger that names the handshake", func() bool {
		return k("get", "tcpclient/stranger", "-o", "jsonpath={.status.outages[0].phase}/{.status.outages[0].reason}") ==
			"Handshake/CertificateNameMismatch"
	})
}

// selfSigned writes a certificate for name, which is its own authority, and
// its key. It serves for both sides of a session.
func selfSigned(t *testing.T, name string) (certificate, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		Subject:               pkix.Name{CommonName: name},
		DNSNames:              []string{name},
		NotBefore:             time.Now().Add(-time.Hour),
		NotAfter:              time.Now().Add(time.Hour),
		KeyUsage:              x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		IsCA:                  true,
		BasicConstraintsValid: true,
	}
	public, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalECPrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	return writePEM(t, filepath.Join(folder, "tls.crt"), "CERTIFICATE", public),
		writePEM(t, filepath.Join(folder, "tls.key"), "EC PRIVATE KEY", secret)
}

func writePEM(t *testing.T, path, kind string, bytes []byte) string {
	t.Helper()
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: bytes}), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
