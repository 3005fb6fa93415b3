package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/moby/term"
	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"sigs.k8s.io/yaml"

	"tcp-operator.io/cmd/kubectl-tcp/cluster"
	"tcp-operator.io/cmd/kubectl-tcp/view"
)

// options are those of every command.
type options struct {
	genericiooptions.IOStreams
	flags         *genericclioptions.ConfigFlags
	output        string
	allNamespaces bool
}

func newRoot(streams genericiooptions.IOStreams) *cobra.Command {
	o := &options{IOStreams: streams, flags: genericclioptions.NewConfigFlags(true)}
	root := &cobra.Command{
		Use:   "kubectl-tcp",
		Short: "Show what TcpServers and TcpClients do",
		Long: `Show what TcpServers and TcpClients do now, and gate pipelines by them. It reads
with the rights of your kubeconfig: resources from the API server, the numbers
of now from the pods, through the API server.`,
		Example: `  kubectl tcp topology -A
  kubectl tcp status caller
  kubectl tcp wait caller --for verdict --during 5m --timeout 10m`,
		Annotations:   map[string]string{cobra.CommandDisplayNameAnnotation: "kubectl tcp"},
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetIn(streams.In)
	root.SetOut(streams.Out)
	root.SetErr(streams.ErrOut)
	o.flags.AddFlags(root.PersistentFlags())
	_ = root.RegisterFlagCompletionFunc("namespace", o.completeNamespaces)
	_ = root.RegisterFlagCompletionFunc("context", o.completeContexts)
	root.AddCommand(newStatus(o), newTop(o), newSessions(o), newTopology(o), newWait(o), newUI(o), newVersion(o))
	return root
}

// formats of -o.
var formats = []string{"table", "wide", "json", "yaml"}

func (o *options) addOutput(c *cobra.Command) {
	c.Flags().StringVarP(&o.output, "output", "o", "table", "how to print: "+strings.Join(formats, ", "))
	_ = c.RegisterFlagCompletionFunc("output", cobra.FixedCompletions(formats, cobra.ShellCompDirectiveNoFileComp))
}

func (o *options) addAllNamespaces(c *cobra.Command) {
	c.Flags().BoolVarP(&o.allNamespaces, "all-namespaces", "A", false, "show every namespace")
}

// open begins a command: it checks -o where the command has it, and returns the
// cluster and the namespace to read.
func (o *options) open() (*cluster.Cluster, string, error) {
	if err := o.checkOutput(); err != nil {
		return nil, "", err
	}
	from, err := o.cluster()
	if err != nil {
		return nil, "", err
	}
	namespace, err := o.namespace()
	return from, namespace, err
}

func (o *options) checkOutput() error {
	if o.output != "" && !slices.Contains(formats, o.output) {
		return fmt.Errorf("-o %q is not known: write %s", o.output, strings.Join(formats, ", "))
	}
	return nil
}

// cluster is the one that the flags and the kubeconfig choose.
func (o *options) cluster() (*cluster.Cluster, error) {
	config, err := o.flags.ToRESTConfig()
	if err != nil {
		return nil, err
	}
	return cluster.New(config)
}

// namespace that the flags and the kubeconfig choose.
func (o *options) namespace() (string, error) {
	if o.allNamespaces {
		return "", nil
	}
	namespace, _, err := o.flags.ToRawKubeConfigLoader().Namespace()
	return namespace, err
}

// style is without colour in a pipe, and where NO_COLOR asks for none
// (no-color.org).
func (o *options) style() view.Style {
	return view.Style{
		Colour:    isTerminal(o.Out) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb",
		Wide:      o.output == "wide",
		Namespace: o.allNamespaces,
		Now:       time.Now(),
	}
}

func isTerminal(w io.Writer) bool {
	_, is := term.GetFdInfo(w)
	return is
}

// print writes v as JSON or YAML, or by table.
func (o *options) print(v any, table func(io.Writer, view.Style)) error {
	switch o.output {
	case "json":
		encoder := json.NewEncoder(o.Out)
		encoder.SetIndent("", "  ")
		return encoder.Encode(v)
	case "yaml":
		text, err := yaml.Marshal(v)
		if err != nil {
			return err
		}
		_, err = o.Out.Write(text)
		return err
	}
	table(o.Out, o.style())
	return nil
}

// warn tells the user what is to be known of what is shown; nothing, if text is
// empty.
func (o *options) warn(text string) {
	if text != "" {
		fmt.Fprintln(o.ErrOut, "warning:", view.Visible(text))
	}
}

func (o *options) completeNamespaces(c *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
	from, err := o.cluster()
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	names, _ := from.Namespaces(c.Context()) // who may not list them types them
	return names, cobra.ShellCompDirectiveNoFileComp
}

func (o *options) completeContexts(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	config, err := o.flags.ToRawKubeConfigLoader().RawConfig()
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return slices.Sorted(maps.Keys(config.Contexts)), cobra.ShellCompDirectiveNoFileComp
}
