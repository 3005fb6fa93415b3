package pki

import (
	"net"
	"time"
)

// Cluster is who is who in one lab.
type Cluster struct {
	Node      string   // The node's name.
	Names     []string // By which the API server is reached.
	Addresses []net.IP // Likewise.
}

// identities are the users of the API server. The names and groups are
// those that Kubernetes' built-in roles are bound to.
func (c Cluster) identities() map[string][]string {
	return map[string][]string{
		"admin":                   {"lab-admin", "system:masters"},
		"kube-controller-manager": {"system:kube-controller-manager"},
		"kube-scheduler":          {"system:kube-scheduler"},
		"kube-proxy":              {"system:kube-proxy"},
		"kubelet":                 {"system:node:" + c.Node, "system:nodes"},
		"coredns":                 {"system:coredns"},
	}
}

// Files makes everything anew, by file name.
func (c Cluster) Files(now time.Time) (map[string][]byte, error) {
	ca, err := NewAuthority(now)
	if err != nil {
		return nil, err
	}
	server, err := ca.Server("kube-apiserver", c.Names, c.Addresses)
	if err != nil {
		return nil, err
	}
	accounts, err := Key()
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{
		"ca.crt": ca.Cert, "ca.key": ca.Key,
		"kube-apiserver.crt": server.Cert, "kube-apiserver.key": server.Key,
		"service-accounts.key": accounts,
	}
	for name, who := range c.identities() {
		pair, err := ca.Client(who[0], who[1:]...)
		if err != nil {
			return nil, err
		}
		files[name+".crt"], files[name+".key"] = pair.Cert, pair.Key
	}
	return files, nil
}
