// Package testcert makes certificates for tests.
package testcert

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// An Authority signs certificates.
type Authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
	serial      int64
}

// New returns an authority that nobody else trusts.
func New(t testing.TB) *Authority {
	t.Helper()
	a := &Authority{key: newKey(t)}
	a.certificate = &x509.Certificate{
		Subject: pkix.Name{CommonName: "test authority"}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign,
	}
	der := a.sign(t, a.certificate, &a.key.PublicKey, time.Now().Add(time.Hour))
	var err error
	if a.certificate, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	return a
}

// File writes the authority's certificate into dir and returns its name.
func (a *Authority) File(t testing.TB, dir string) string {
	t.Helper()
	return write(t, filepath.Join(dir, "ca.crt"), "CERTIFICATE", a.certificate.Raw)
}

// Issue writes a certificate for host, which may be an IP address, into dir,
// over one that is there, and returns the names of it and its key.
func (a *Authority) Issue(t testing.TB, dir, host string, expiry time.Time) (certificate, key string) {
	t.Helper()
	private := newKey(t)
	template := &x509.Certificate{
		Subject:     pkix.Name{CommonName: host},
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	if ip := net.ParseIP(host); ip != nil {
		template.IPAddresses = []net.IP{ip}
	} else {
		template.DNSNames = []string{host}
	}
	der := a.sign(t, template, &private.PublicKey, expiry)
	pkcs8, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return write(t, filepath.Join(dir, "tls.crt"), "CERTIFICATE", der), write(t, filepath.Join(dir, "tls.key"), "PRIVATE KEY", pkcs8)
}

func (a *Authority) sign(t testing.TB, template *x509.Certificate, public *ecdsa.PublicKey, expiry time.Time) []byte {
	t.Helper()
	a.serial++
	template.SerialNumber = big.NewInt(a.serial)
	template.NotBefore, template.NotAfter = expiry.Add(-24*time.Hour), expiry
	der, err := x509.CreateCertificate(rand.Reader, template, a.certificate, public, a.key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func newKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// write replaces a file as Kubernetes does: by another one.
func write(t testing.TB, name, kind string, der []byte) string {
	t.Helper()
	text := pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
	err := os.WriteFile(name+".new", text, 0o600)
	if err == nil {
		err = os.Rename(name+".new", name)
	}
	if err != nil {
		t.Fatal(err)
	}
	return name
}
