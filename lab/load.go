package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"tcp-operator.io/lab/internal/image"
	"tcp-operator.io/lab/internal/need"
)

// loading is what the arguments of `lab load` ask for.
type loading struct {
	as      string
	tarball string     // Empty means an image is made.
	spec    image.Spec // Of the image to make.
}

func parseLoad(args []string, help io.Writer) (loading, error) {
	var l loading
	flags := flag.NewFlagSet("lab load", flag.ContinueOnError)
	flags.SetOutput(help)
	flags.StringVar(&l.as, "as", "", "name of the image in the cluster, such as example.com/app:dev")
	flags.StringVar(&l.spec.Binary, "binary", "", "static binary to make an image of")
	flags.StringVar(&l.spec.Entrypoint, "entrypoint", "/manager", "path of the binary in the image")
	flags.StringVar(&l.spec.User, "user", image.Nobody, "user and group that it runs as")
	if err := flags.Parse(args); err != nil {
		return l, err
	}
	l.tarball = flags.Arg(0)
	switch {
	case flags.NArg() > 1:
		return l, fmt.Errorf("load takes one file, not %q", flags.Args())
	case (l.tarball == "") == (l.spec.Binary == ""):
		return l, errors.New("load takes either a tar file or --binary")
	case l.spec.Binary != "" && l.as == "":
		return l, errors.New("an image of a binary needs a name: add --as")
	}
	return l, nil
}

func load(_ context.Context, a app, args []string) error {
	l, err := parseLoad(args, os.Stderr)
	if err != nil {
		return err
	}
	if err := need.Root(); err != nil {
		return err
	}
	switch {
	case l.spec.Binary != "":
		made, err := image.Build(l.spec)
		if err != nil {
			return err
		}
		return a.lab.LoadImage(made, l.as, a.log.Step)
	case l.as != "":
		opened, err := image.Open(l.tarball)
		if err != nil {
			return err
		}
		return a.lab.LoadImage(opened, l.as, a.log.Step)
	default:
		file, err := os.Open(l.tarball)
		if err != nil {
			return fmt.Errorf("open the tar file: %w", err)
		}
		defer file.Close()
		return a.lab.LoadArchive(file, a.log.Step)
	}
}
