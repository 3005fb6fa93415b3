// Package config renders every file and command line that the node's
// components are configured by. It has no side effects: the same Node gives
// the same bytes.
package config

// Places inside the lab. They are the same for every lab, because each has
// a mount namespace of its own in which they are private.
const (
	Base = "/run/lab"      // The lab's state directory.
	Bin  = Base + "/bin"   // The programs that were built.
	Etc  = Base + "/etc"   // What Files renders.
	PKI  = Base + "/pki"   // Keys and certificates, see package pki.
	Log  = Base + "/log"   // One file for each component.
	Var  = Base + "/var"   // Appears as /var.
	Fake = Base + "/fixed" // Kernel settings as the kubelet wants to see them.
)

// Addresses inside the lab. They cannot meet those of the machine or of
// another lab, because each has a network namespace of its own.
const (
	NodeAddress       = "192.168.97.2"
	NodePrefix        = "192.168.97.2/24"
	Gateway           = "192.168.97.1"
	PodRange          = "10.244.0.0/22"
	ServiceRange      = "10.96.0.0/16"
	APIServiceAddress = "10.96.0.1"
	DNSAddress        = "10.96.0.10"
	APIAddress        = NodeAddress + ":6443"
	EtcdAddress       = "127.0.0.1:2379"
	ClusterDomain     = "cluster.local"
	PauseImage        = "tcp-operator.io/pause:lab"
)

// Node is what differs between one lab and another.
type Node struct {
	// Name of the lab, the node and the host name inside.
	Name string
	// CgroupRoot is the cgroup below which all pods live, such as "/lab/x".
	CgroupRoot string
	// Snapshotter of containerd. Zero means overlayfs.
	Snapshotter string
}

// KernelSettings are settings of the whole machine that the kubelet changes
// unless it finds them as it wants them. The lab shows it files with these
// values instead, so that the machine stays as it was.
func KernelSettings() map[string]string {
	return map[string]string{
		"vm/overcommit_memory":      "1",
		"vm/panic_on_oom":           "0",
		"kernel/panic":              "10",
		"kernel/panic_on_oops":      "1",
		"kernel/keys/root_maxkeys":  "1000000",
		"kernel/keys/root_maxbytes": "25000000",
	}
}
