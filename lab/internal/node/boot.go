package node

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path"
	"time"

	"tcp-operator.io/lab/internal/config"
)

// Nothing in a step takes longer than patience unless it never ends.
const (
	patience = 2 * time.Minute
	interval = 100 * time.Millisecond
)

// step is one part of starting the cluster, as people are told about it.
type step struct {
	name string
	do   func(context.Context) error
}

// steps are in the order in which they depend on each other.
func (n *node) steps() []step {
	return []step{
		{"network", func(context.Context) error { return connect() }},
		{"etcd and containerd", n.bootStores},
		{"API server", n.bootAPI},
		{"controllers, scheduler, proxy", n.bootControllers},
		{"node ready", n.bootKubelet},
		{"cluster DNS", n.bootDNS},
	}
}

func (n *node) bootStores(ctx context.Context) error {
	if err := n.start(config.Etcd(), config.Containerd()); err != nil {
		return err
	}
	if err := until(ctx, n.cluster.etcdServes); err != nil {
		return fmt.Errorf("wait for etcd: %w", err)
	}
	if err := until(ctx, n.cluster.containerdServes); err != nil {
		return fmt.Errorf("wait for containerd: %w", err)
	}
	return nil
}

func (n *node) bootAPI(ctx context.Context) error {
	if err := n.start(config.APIServer()); err != nil {
		return err
	}
	// containerd has nothing to do meanwhile.
	if err := n.command(ctx, "ctr", "--namespace=k8s.io", "images", "import", path.Join(config.Etc, "pause.tar")); err != nil {
		return fmt.Errorf("import the pause image: %w", err)
	}
	return until(ctx, n.cluster.apiServes)
}

func (n *node) bootControllers(ctx context.Context) error {
	err := n.start(config.ControllerManager(), config.Scheduler(), config.Proxy(n.config), config.Kubelet(n.config))
	if err != nil {
		return err
	}
	return until(ctx, n.cluster.accountExists)
}

func (n *node) bootKubelet(ctx context.Context) error {
	return until(ctx, n.cluster.nodeReady)
}

func (n *node) bootDNS(ctx context.Context) error {
	if err := n.command(ctx, "kubectl", "apply", "--server-side", "--filename="+path.Join(config.Etc, "cluster.yaml")); err != nil {
		return fmt.Errorf("apply what cluster DNS needs: %w", err)
	}
	if err := n.start(config.DNS()); err != nil {
		return err
	}
	return until(ctx, n.cluster.dnsAnswers)
}

func (n *node) start(components ...config.Component) error {
	for _, c := range components {
		if err := n.supervisor.start(c); err != nil {
			return err
		}
	}
	return nil
}

// command runs a program of the lab; what it says goes to this process's log.
func (n *node) command(ctx context.Context, name string, args ...string) error {
	cmd := exec.Command(path.Join(config.Bin, name), args...)
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	return n.supervisor.run(ctx, cmd)
}

// until asks again and again until the answer is yes.
func until(ctx context.Context, ask func(context.Context) error) error {
	ctx, cancel := context.WithTimeoutCause(ctx, patience, fmt.Errorf("gave up after %s", patience))
	defer cancel()
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		err := ask(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w: %w", context.Cause(ctx), err)
		case <-ticker.C:
		}
	}
}
