package pki

import (
	"crypto/tls"
	"crypto/x509"
	"net"
	"testing"
	"time"
)

func TestEveryCertificateIsTheAuthoritysAndFitsItsKey(t *testing.T) {
	now := time.Now()
	files, err := Cluster{
		Node: "example", Names: []string{"localhost"}, Addresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}.Files(now)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(files["ca.crt"]) {
		t.Fatal("the authority's certificate cannot be read")
	}
	for name, usage := range map[string]x509.ExtKeyUsage{
		"kube-apiserver": x509.ExtKeyUsageServerAuth,
		"admin":          x509.ExtKeyUsageClientAuth,
		"kubelet":        x509.ExtKeyUsageClientAuth,
	} {
		pair, err := tls.X509KeyPair(files[name+".crt"], files[name+".key"])
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		options := x509.VerifyOptions{Roots: roots, CurrentTime: now, KeyUsages: []x509.ExtKeyUsage{usage}}
		if name == "kube-apiserver" {
			options.DNSName = "localhost"
		}
		if _, err := pair.Leaf.Verify(options); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTheKubeletIsTheNode(t *testing.T) {
	ca, err := NewAuthority(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	who := Cluster{Node: "example"}.identities()["kubelet"]
	pair, err := ca.Client(who[0], who[1:]...)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := tls.X509KeyPair(pair.Cert, pair.Key)
	if err != nil {
		t.Fatal(err)
	}
	subject := cert.Leaf.Subject
	if subject.CommonName != "system:node:example" || len(subject.Organization) != 1 || subject.Organization[0] != "system:nodes" {
		t.Errorf("got %v", subject)
	}
}
