package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"tcp-operator.io/bench/controlplane/kubelet"
	"tcp-operator.io/bench/controlplane/operator"
	"tcp-operator.io/bench/controlplane/plane"
)

// The users that the audit log tells apart.
const (
	operatorUser = "operator"
	bareUser     = "bare"
	benchUser    = "bench" // plays those who write resources
	kubeletUser  = "kubelet"
)

// bench is what measures share: one control plane, on which one measure is
// taken after the other.
type bench struct {
	folder     string
	plane      *plane.Plane
	program    string // the operator's
	kubeconfig string // the operator's
	users      client.Client
	bare       client.Client
	kubelet    *rest.Config
	pods       *kubelet.Pods
	rounds     int // so far: they name namespaces
}

// newBench builds the operator and starts the control plane. The caller stops
// it.
func newBench(ctx context.Context, root, folder string) (*bench, error) {
	program, err := operator.Build(ctx, root, folder)
	if err != nil {
		return nil, err
	}
	p, err := plane.Start(root, folder)
	if err != nil {
		return nil, err
	}
	b := &bench{folder: folder, plane: p, program: program, pods: &kubelet.Pods{}}
	if err := b.letIn(); err != nil {
		return nil, errors.Join(err, p.Stop())
	}
	return b, nil
}

// letIn makes the users.
func (b *bench) letIn() error {
	var err error
	if b.kubeconfig, err = b.plane.Kubeconfig(operatorUser); err != nil {
		return err
	}
	if b.users, err = b.client(benchUser); err != nil {
		return err
	}
	if b.bare, err = b.client(bareUser); err != nil {
		return err
	}
	b.kubelet, err = b.plane.Config(kubeletUser)
	return err
}

func (b *bench) client(user string) (client.Client, error) {
	config, err := b.plane.Config(user)
	if err != nil {
		return nil, err
	}
	return client.New(config, client.Options{Scheme: plane.Scheme()})
}

// with makes namespaces for pairs, lets use do with them, and removes what
// there is in them.
func (b *bench) with(ctx context.Context, count int, names naming, use func(pairs) error) error {
	b.rounds++
	p := pairs{client: b.users, prefix: fmt.Sprintf("round-%d", b.rounds), count: count, naming: names}
	if err := p.prepare(ctx); err != nil {
		return fmt.Errorf("making namespaces: %w", err)
	}
	err := use(p)
	b.pods.Forget()
	return errors.Join(err, p.remove(ctx))
}

// withKubelet runs pods while use runs.
func (b *bench) withKubelet(ctx context.Context, use func(context.Context) error) error {
	ctx, stop := context.WithCancel(ctx)
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return b.pods.Serve(ctx) })
	group.Go(func() error { return kubelet.Run(ctx, b.kubelet, plane.Scheme(), b.pods) })
	group.Go(func() error {
		defer stop()
		return use(ctx)
	})
	return group.Wait()
}

// operate runs the operator while use runs.
func (b *bench) operate(ctx context.Context, use func(*operator.Process) error) error {
	process, err := operator.Start(ctx, b.program, b.kubeconfig, b.folder)
	if err != nil {
		return err
	}
	return errors.Join(use(process), process.Stop())
}

// requests are those of user since the mark.
func (b *bench) requests(since plane.Mark, user string) ([]plane.Request, error) {
	all, _, err := b.plane.Audit.Since(since, user)
	return all, err
}

// poll is how often what cannot be waited for otherwise is asked for.
const poll = 250 * time.Millisecond

// patience bounds every wait.
const patience = 10 * time.Minute

// until asks until is says yes.
func until(ctx context.Context, what string, is func() (bool, error)) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	tick := time.NewTicker(poll)
	defer tick.Stop()
	for {
		if yes, err := is(); err != nil || yes {
			return err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("waiting for %s: %w", what, ctx.Err())
		}
	}
}

// pause waits for d.
func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
