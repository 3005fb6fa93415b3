package node

import (
	"errors"
	"fmt"
	"net"
	"os"

	"github.com/vishvananda/netlink"
	"tcp-operator.io/lab/internal/config"
)

// connect sets up the node's network in its otherwise empty namespace. Both
// ends of the veth pair stay inside: the node's address needs an interface,
// and the default route one that is up, but no packet is to leave.
func connect() error {
	loopback, err := netlink.LinkByName("lo")
	if err != nil {
		return fmt.Errorf("find the loopback interface: %w", err)
	}
	if err := netlink.LinkSetUp(loopback); err != nil {
		return fmt.Errorf("set up the loopback interface: %w", err)
	}
	pair := &netlink.Veth{LinkAttrs: netlink.LinkAttrs{Name: "node0"}, PeerName: "node1"}
	if err := netlink.LinkAdd(pair); err != nil {
		return fmt.Errorf("add the node's interface: %w", err)
	}
	for _, name := range []string{"node0", "node1"} {
		link, err := netlink.LinkByName(name)
		if err != nil {
			return fmt.Errorf("find %s: %w", name, err)
		}
		if err := netlink.LinkSetUp(link); err != nil {
			return fmt.Errorf("set up %s: %w", name, err)
		}
	}
	if err := address("node0"); err != nil {
		return err
	}
	// Pods' packets are routed through the node.
	if err := os.WriteFile("/proc/sys/net/ipv4/ip_forward", []byte("1"), 0o644); err != nil {
		return fmt.Errorf("enable forwarding: %w", err)
	}
	return nil
}

// address gives the interface the node's address and the default route.
func address(name string) error {
	link, err := netlink.LinkByName(name)
	if err != nil {
		return fmt.Errorf("find %s: %w", name, err)
	}
	addr, err := netlink.ParseAddr(config.NodePrefix)
	if err != nil {
		return fmt.Errorf("parse the node's address: %w", err)
	}
	gateway := net.ParseIP(config.Gateway)
	err = errors.Join(
		netlink.AddrAdd(link, addr),
		netlink.RouteAdd(&netlink.Route{LinkIndex: link.Attrs().Index, Gw: gateway}),
	)
	if err != nil {
		return fmt.Errorf("address %s: %w", name, err)
	}
	return nil
}
