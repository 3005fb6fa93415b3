package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// release is set by the linker.
var release = "unknown"

func newVersion(o *options) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version of this plugin",
		Args:  cobra.NoArgs,
		Run: func(*cobra.Command, []string) {
			api := "unknown"
			if info, ok := debug.ReadBuildInfo(); ok {
				for _, m := range info.Deps {
					if m.Path == "k8s.io/client-go" {
						api = m.Version
					}
				}
			}
			fmt.Fprintf(o.Out, "kubectl-tcp %s (client-go %s, %s)\n", release, api, runtime.Version())
		},
	}
}
