// Kubectl-tcp is a plugin of kubectl that shows what TcpServers and TcpClients
// do: `kubectl tcp status caller`.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/go-logr/logr"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	_ "k8s.io/client-go/plugin/pkg/client/auth" // what kubeconfigs may ask for
	"k8s.io/klog/v2"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"tcp-operator.io/cmd/kubectl-tcp/view"
)

// Exit codes. docs/kubectl-tcp.md lists them.
const (
	exitBroken  = 1 // what was waited for cannot come by itself
	exitFailure = 2 // wrong usage, nothing of that name, not to be read, or interrupted
	exitTimeout = 3 // what was waited for has not come, or nobody waited for it
)

// An exit is an error with an exit code of its own.
type exit struct {
	code int
	err  error
}

func (e exit) Error() string { return e.err.Error() }

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], genericiooptions.IOStreams{In: os.Stdin, Out: os.Stdout, ErrOut: os.Stderr}))
}

// run executes a command line and returns the exit code.
func run(ctx context.Context, args []string, streams genericiooptions.IOStreams) int {
	// The libraries' own remarks are not for users.
	log.SetLogger(logr.Discard())
	klog.SetLogger(logr.Discard())
	root := newRoot(streams)
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return 0 // also a live view of which somebody has seen enough
	}
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		err = errors.New("interrupted")
	}
	fmt.Fprintln(streams.ErrOut, "error:", view.Visible(err.Error()))
	if e, ok := errors.AsType[exit](err); ok {
		return e.code
	}
	return exitFailure
}
