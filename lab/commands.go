package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"runtime"
	"syscall"

	"tcp-operator.io/lab/internal/bundle"
	"tcp-operator.io/lab/internal/need"
	"tcp-operator.io/lab/internal/node"
)

// built returns the bundle, compiling it first if it is not in the cache.
func (a app) built(ctx context.Context) (*bundle.Bundle, error) {
	b, err := find()
	if err != nil || b.Exists() {
		return b, err
	}
	if err := need.ToBuild(ctx, b.Dir, a.log.Step); err != nil {
		return nil, err
	}
	a.log.Step("building " + b.Versions.String())
	a.log.Step(estimate(runtime.NumCPU()))
	if err := b.Build(ctx, a.log.Step); err != nil {
		return nil, fmt.Errorf("build: %w", err)
	}
	a.log.Step("built " + b.Dir)
	return b, nil
}

// estimate says how long compiling takes. It was measured on two cores, and
// scales with them, but for linking.
func estimate(cores int) string {
	minutes := max(4, 40/max(1, cores))
	return fmt.Sprintf("the first time takes about %d minutes on %d cores; what is compiled already is not compiled again", minutes, cores)
}

func build(ctx context.Context, a app, args []string) error {
	if len(args) > 0 {
		return errors.New("build takes no arguments")
	}
	_, err := a.built(ctx)
	return err
}

func assets(ctx context.Context, a app, args []string) error {
	b, err := a.built(ctx)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(a.stdout, b.Bin())
	return err
}

func up(ctx context.Context, a app, args []string) error {
	if err := need.ToRun(ctx, a.log.Step); err != nil {
		return err
	}
	b, err := a.built(ctx)
	if err != nil {
		return err
	}
	if err := a.lab.Up(ctx, b, a.log.Step); err != nil {
		return err
	}
	a.log.Step("ready")
	_, err = fmt.Fprintf(a.stdout, `
The cluster %[1]q is up. Go on with
  lab --name %[1]s kubectl get nodes,pods -A
  export KUBECONFIG=%[2]s
  lab --name %[1]s down
`, a.lab.Name, a.lab.Kubeconfig())
	return err
}

func down(_ context.Context, a app, _ []string) error {
	if err := need.Root(); err != nil {
		return err
	}
	if err := a.lab.Down(); err != nil {
		return fmt.Errorf("take lab %s down: %w", a.lab.Name, err)
	}
	a.log.Step("lab " + a.lab.Name + " is down")
	return nil
}

func status(ctx context.Context, a app, _ []string) error {
	if err := need.Root(); err != nil {
		return err
	}
	r, err := a.lab.Running()
	if err != nil {
		return err
	}
	report, err := a.lab.Report(ctx, true)
	if err != nil {
		return err
	}
	gomod, err := source.ReadFile("go.mod")
	if err != nil {
		return err
	}
	versions, err := bundle.ParseVersions(gomod)
	if err != nil {
		return err
	}
	fmt.Fprint(a.stdout, describe(a.lab, r, report, versions.String()))
	if !report.Healthy() {
		return fmt.Errorf("lab %s is not healthy", a.lab.Name)
	}
	return nil
}

func kubeconfig(_ context.Context, a app, _ []string) error {
	if _, err := a.lab.Running(); err != nil {
		return err
	}
	_, err := fmt.Fprintln(a.stdout, a.lab.Kubeconfig())
	return err
}

func netns(_ context.Context, a app, _ []string) error {
	r, err := a.lab.Running()
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(a.stdout, r.NetNS())
	return err
}

// kubectl becomes the lab's kubectl, so that signals and the terminal are
// its own.
func kubectl(_ context.Context, a app, args []string) error {
	r, err := a.lab.Running()
	if err != nil {
		return err
	}
	path := filepath.Join(r.Bundle, "bin", "kubectl")
	env := append(os.Environ(), "KUBECONFIG="+a.lab.Kubeconfig())
	return fmt.Errorf("run kubectl: %w", syscall.Exec(path, append([]string{"kubectl"}, args...), env))
}

func ctr(_ context.Context, a app, args []string) error {
	if err := need.Root(); err != nil {
		return err
	}
	return a.lab.Run(os.Stdin, os.Stdout, os.Stderr, "ctr", append([]string{"--namespace=k8s.io"}, args...)...)
}

func execute(_ context.Context, a app, args []string) error {
	if len(args) > 0 && args[0] == "--" {
		args = args[1:]
	}
	if len(args) == 0 {
		return errors.New("exec what? usage: lab exec [--] CMD...")
	}
	if err := need.Root(); err != nil {
		return err
	}
	return a.lab.Exec(args)
}

// inside is not for people: `up` calls it, in new namespaces.
func inside(_ context.Context, _ app, args []string) error {
	log.SetFlags(log.Ltime | log.Lmicroseconds)
	var start node.Start
	if len(args) != 1 {
		return errors.New("this command is for `lab up` alone")
	}
	if err := json.Unmarshal([]byte(args[0]), &start); err != nil {
		return fmt.Errorf("read what to start: %w", err)
	}
	return node.Run(start)
}
