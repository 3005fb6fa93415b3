package bundle

import (
	"fmt"
	"strings"
)

// Versions of the upstream programs, such as "v1.37.2".
type Versions struct {
	Kubernetes, Etcd, Containerd, Runc, CNI, CoreDNS string
}

// String is one line for people.
func (v Versions) String() string {
	return fmt.Sprintf("Kubernetes %s, etcd %s, containerd %s, runc %s, CNI plugins %s, CoreDNS %s",
		v.Kubernetes, v.Etcd, v.Containerd, v.Runc, v.CNI, v.CoreDNS)
}

// ParseVersions reads them from the text of go.mod, the one place that
// pins them.
func ParseVersions(gomod []byte) (Versions, error) {
	var v Versions
	want := map[string]*string{
		"k8s.io/kubernetes":                      &v.Kubernetes,
		"go.etcd.io/etcd/server/v3":              &v.Etcd,
		"github.com/containerd/containerd/v2":    &v.Containerd,
		"github.com/opencontainers/runc":         &v.Runc,
		"github.com/containernetworking/plugins": &v.CNI,
		"github.com/coredns/coredns":             &v.CoreDNS,
	}
	for line := range strings.Lines(string(gomod)) {
		fields := strings.Fields(strings.TrimPrefix(line, "require "))
		if len(fields) < 2 || !strings.HasPrefix(fields[1], "v") {
			continue
		}
		if to, ok := want[fields[0]]; ok {
			*to = fields[1]
		}
	}
	for module, version := range want {
		if *version == "" {
			return Versions{}, fmt.Errorf("go.mod requires no %s", module)
		}
	}
	return v, nil
}
