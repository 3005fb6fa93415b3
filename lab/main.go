// Lab builds a real Kubernetes of one node from upstream Go modules, and
// runs it in namespaces of its own, without a container engine, an image
// registry or a network. See README.md.
package main

import (
	"context"
	"embed"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"tcp-operator.io/lab/internal/bundle"
	"tcp-operator.io/lab/internal/host"
	"tcp-operator.io/lab/internal/progress"
)

// source is all that the programs are built from. Carried along, so that
// the lab's own binary can be put and called anywhere.
//
//go:embed go.mod go.sum bundle
var source embed.FS

const usage = `usage: lab [--name NAME] COMMAND

  build                     compile everything into the cache
  assets                    build, and print the folder for KUBEBUILDER_ASSETS
  up                        start the cluster, building it first if needed
  down                      stop it and remove all that is left of it
  status                    tell how it is; exit code 0 only if it is healthy
  load [--as REF] TARBALL   put an image into the cluster
  load --as REF --binary PATH [--entrypoint /manager] [--user 65532:65532]
                            put a static binary into the cluster, as an image
  kubectl ARGS...           run kubectl on the cluster
  ctr ARGS...               run containerd's ctr on the cluster
  kubeconfig                print the path of the cluster's kubeconfig
  netns                     print the path of the cluster's network namespace
  exec [--] CMD...          run a command in the cluster's network

`

// app is what every command gets.
type app struct {
	lab    host.Lab
	log    *progress.Log
	stdout io.Writer
}

type command func(ctx context.Context, a app, args []string) error

var commands = map[string]command{
	"build":      build,
	"assets":     assets,
	"up":         up,
	"down":       down,
	"status":     status,
	"load":       load,
	"kubectl":    kubectl,
	"ctr":        ctr,
	"kubeconfig": kubeconfig,
	"netns":      netns,
	"exec":       execute,
	host.Inside:  inside,
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:])
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "lab:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	name, args, err := parse(args, os.Stderr)
	if err != nil {
		return err
	}
	a := app{lab: host.Lab{Name: name}, log: progress.New(os.Stderr, time.Now), stdout: os.Stdout}
	if err := a.lab.Check(); err != nil {
		return err
	}
	return commands[args[0]](ctx, a, args[1:])
}

// parse splits the command line into the lab's name and a known command
// with its arguments.
func parse(args []string, help io.Writer) (name string, rest []string, err error) {
	flags := flag.NewFlagSet("lab", flag.ContinueOnError)
	flags.SetOutput(help)
	flags.Usage = func() {
		fmt.Fprint(help, usage)
		flags.PrintDefaults()
	}
	flags.StringVar(&name, "name", "tcp-operator", "of the lab; labs of different names are independent")
	if err := flags.Parse(args); err != nil {
		return "", nil, err
	}
	if flags.NArg() == 0 {
		flags.Usage()
		return "", nil, errors.New("no command")
	}
	if _, ok := commands[flags.Arg(0)]; !ok {
		return "", nil, fmt.Errorf("no such command %q: `lab -h` lists them", flags.Arg(0))
	}
	return name, flags.Args(), nil
}

// find returns the bundle that this binary carries the sources of.
func find() (*bundle.Bundle, error) { return bundle.Find(source) }
