package config

import (
	"bytes"
	"embed"
	"encoding/base64"
	"fmt"
	"maps"
	"text/template"
)

//go:embed templates
var templates embed.FS

var parsed = template.Must(template.New("").Option("missingkey=error").ParseFS(templates, "templates/*"))

// Clients are those that talk to the API server, each with a certificate
// of the same name in PKI and a kubeconfig in Etc.
var Clients = []string{"admin", "kube-controller-manager", "kube-scheduler", "kube-proxy", "kubelet", "coredns"}

// Files renders the files below Etc, by relative path.
func Files(n Node) (map[string][]byte, error) {
	if n.Snapshotter == "" {
		n.Snapshotter = "overlayfs"
	}
	files := map[string][]byte{
		// Names outside the cluster cannot be resolved, and the host's
		// servers cannot be reached: there is no server to name.
		"resolv.conf": []byte("# No uplink, no resolver.\n"),
	}
	for to, from := range map[string]string{
		"containerd.toml":     "containerd.toml",
		"cni/10-lab.conflist": "cni.json",
		"kubelet.yaml":        "kubelet.yaml",
		"kube-proxy.yaml":     "kube-proxy.yaml",
		"Corefile":            "Corefile",
		"cluster.yaml":        "cluster.yaml",
	} {
		text, err := render(from, values(n))
		if err != nil {
			return nil, err
		}
		files[to] = text
	}
	for _, client := range Clients {
		text, err := render("client.kubeconfig", map[string]string{"Server": APIAddress, "PKI": PKI, "Client": client})
		if err != nil {
			return nil, err
		}
		files[client+".kubeconfig"] = text
	}
	return files, nil
}

// HostKubeconfig renders the configuration for clients outside the lab. It
// carries its certificates, so it can be copied anywhere on the machine.
func HostKubeconfig(name, server string, ca, cert, key []byte) ([]byte, error) {
	encode := base64.StdEncoding.EncodeToString
	return render("host.kubeconfig", map[string]string{
		"Name": name, "Server": server, "CA": encode(ca), "Cert": encode(cert), "Key": encode(key),
	})
}

// values are what the templates may name.
func values(n Node) map[string]string {
	all := map[string]string{
		"Name": n.Name, "CgroupRoot": n.CgroupRoot, "Snapshotter": n.Snapshotter,
	}
	maps.Copy(all, map[string]string{
		"Bin": Bin, "Etc": Etc, "PKI": PKI,
		"NodeAddress": NodeAddress, "PodRange": PodRange, "DNSAddress": DNSAddress,
		"ClusterDomain": ClusterDomain, "PauseImage": PauseImage,
	})
	return all
}

func render(name string, data map[string]string) ([]byte, error) {
	var out bytes.Buffer
	if err := parsed.ExecuteTemplate(&out, name, data); err != nil {
		return nil, fmt.Errorf("render %s: %w", name, err)
	}
	return out.Bytes(), nil
}
