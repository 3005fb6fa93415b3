package config

import "path"

// Component is one long-running program of the node.
type Component struct {
	Name string   // Also the program's name below Bin, and its log's.
	Args []string // Without the program itself.
}

// LogFile is where the component's output goes, inside the lab.
func (c Component) LogFile() string { return path.Join(Log, c.Name+".log") }

// Kubeconfig is the path of a client's configuration inside the lab.
func Kubeconfig(client string) string { return path.Join(Etc, client+".kubeconfig") }

// Etcd keeps the cluster's state. It does not wait for the disk: the
// cluster is thrown away whole, so nothing has to survive a power cut.
func Etcd() Component {
	return Component{"etcd", []string{
		"--name=lab",
		"--data-dir=/var/lib/etcd",
		"--unsafe-no-fsync",
		"--listen-client-urls=http://" + EtcdAddress,
		"--advertise-client-urls=http://" + EtcdAddress,
		"--listen-peer-urls=http://127.0.0.1:2380",
		"--log-level=warn",
	}}
}

// Containerd runs the pods.
func Containerd() Component {
	return Component{"containerd", []string{"--config=" + path.Join(Etc, "containerd.toml")}}
}

// APIServer serves the cluster's API on the node's address.
func APIServer() Component {
	return Component{"kube-apiserver", []string{
		"--advertise-address=" + NodeAddress,
		"--secure-port=6443",
		"--etcd-servers=http://" + EtcdAddress,
		"--service-cluster-ip-range=" + ServiceRange,
		"--authorization-mode=Node,RBAC",
		"--enable-admission-plugins=NodeRestriction",
		"--allow-privileged=true",
		"--client-ca-file=" + pki("ca.crt"),
		"--tls-cert-file=" + pki("kube-apiserver.crt"),
		"--tls-private-key-file=" + pki("kube-apiserver.key"),
		"--kubelet-client-certificate=" + pki("admin.crt"),
		"--kubelet-client-key=" + pki("admin.key"),
		// The node's name resolves nowhere; kubectl logs would ask for it.
		"--kubelet-preferred-address-types=InternalIP",
		"--service-account-issuer=https://kubernetes.default.svc." + ClusterDomain,
		"--service-account-key-file=" + pki("service-accounts.key"),
		"--service-account-signing-key-file=" + pki("service-accounts.key"),
	}}
}

// ControllerManager runs the built-in controllers at their defaults.
func ControllerManager() Component {
	return Component{"kube-controller-manager", append(client("kube-controller-manager"),
		"--leader-elect=false",
		"--bind-address=127.0.0.1",
		"--allocate-node-cidrs",
		"--cluster-cidr="+PodRange,
		// One node gets the whole range, so the CNI's configuration can
		// name it before the node exists.
		"--node-cidr-mask-size=22",
		"--service-cluster-ip-range="+ServiceRange,
		"--use-service-account-credentials",
		// Getting those credentials is most of its first seconds.
		"--kube-api-qps=200",
		"--kube-api-burst=400",
		// The built-in path is outside of what is private to the lab.
		"--flex-volume-plugin-dir=/var/lib/kubelet/volumeplugins",
		"--service-account-private-key-file="+pki("service-accounts.key"),
		"--root-ca-file="+pki("ca.crt"),
		"--cluster-signing-cert-file="+pki("ca.crt"),
		"--cluster-signing-key-file="+pki("ca.key"),
	)}
}

// Scheduler puts pods on the node.
func Scheduler() Component {
	return Component{"kube-scheduler", append(client("kube-scheduler"),
		"--leader-elect=false",
		"--bind-address=127.0.0.1",
	)}
}

// Proxy makes Services work, with nftables rules in the lab's namespace.
func Proxy(n Node) Component {
	return Component{"kube-proxy", []string{
		"--config=" + path.Join(Etc, "kube-proxy.yaml"),
		"--hostname-override=" + n.Name,
	}}
}

// Kubelet starts what the scheduler assigns to the node.
func Kubelet(n Node) Component {
	return Component{"kubelet", []string{
		"--config=" + path.Join(Etc, "kubelet.yaml"),
		"--kubeconfig=" + Kubeconfig("kubelet"),
		"--hostname-override=" + n.Name,
		"--node-ip=" + NodeAddress,
	}}
}

// DNS answers for Services, on the node's address.
func DNS() Component {
	return Component{"coredns", []string{"-conf=" + path.Join(Etc, "Corefile")}}
}

func pki(file string) string { return path.Join(PKI, file) }

// client is how the control plane's own clients reach the API server, and
// have it decide who may read their metrics.
func client(name string) []string {
	file := Kubeconfig(name)
	return []string{
		"--kubeconfig=" + file,
		"--authentication-kubeconfig=" + file,
		"--authorization-kubeconfig=" + file,
	}
}
