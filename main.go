// Command manager runs the operator: it keeps TcpServers and TcpClients.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/apimachinery/pkg/runtime"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	"k8s.io/apimachinery/pkg/util/validation"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/klog/v2"
	ctrl "sigs.k8s.io/controller-runtime"

	"tcp-operator.io/api/v1alpha1"
	"tcp-operator.io/controllers"
	"tcp-operator.io/controllers/desired"
	"tcp-operator.io/controllers/observed"
	"tcp-operator.io/page"
	// +kubebuilder:scaffold:imports
)

func main() {
	flags, err := parseFlags(os.Args[1:], os.Stderr)
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "manager:", err)
		os.Exit(2)
	}
	if flags.version {
		fmt.Println(version())
		return
	}
	if err := run(ctrl.SetupSignalHandler(), flags); err != nil {
		fmt.Fprintln(os.Stderr, "manager:", err)
		os.Exit(1)
	}
}

// run keeps the resources until ctx is done.
func run(ctx context.Context, f flags) error {
	if err := limitMemory(); err != nil {
		return err
	}
	logger := slog.New(slog.NewJSONHandler(os.Stderr, &slog.HandlerOptions{Level: f.logLevel}))
	ctrl.SetLogger(logr.FromSlogHandler(logger.Handler()))
	klog.SetSlogLogger(logger)
	config, err := ctrl.GetConfig()
	if err != nil {
		return fmt.Errorf("no cluster to work on: %w", err)
	}
	mgr, err := ctrl.NewManager(config, managerOptions(f))
	if err != nil {
		return fmt.Errorf("setting up: %w", err)
	}
	collector := &observed.Collector{}
	err = controllers.SetupWithManager(ctx, mgr, controllers.Options{
		Collector:        collector,
		Defaults:         desired.Defaults{WorkloadImage: f.workloadImage, OperatorNamespace: os.Getenv("POD_NAMESPACE")},
		SnapshotInterval: f.snapshotInterval,
	})
	if err != nil {
		return err
	}
	if f.ui {
		if err := page.SetupWithManager(ctx, mgr, collector); err != nil {
			return fmt.Errorf("adding the page: %w", err)
		}
	}
	// +kubebuilder:scaffold:builder
	if err := addProbes(mgr); err != nil {
		return err
	}
	logger.Info("Starting", "version", version(), "workloadImage", f.workloadImage, "namespaces", f.namespaces)
	return mgr.Start(ctx)
}

func newScheme() *runtime.Scheme {
	scheme := runtime.NewScheme()
	utilruntime.Must(clientgoscheme.AddToScheme(scheme))
	utilruntime.Must(v1alpha1.AddToScheme(scheme))
	// +kubebuilder:scaffold:scheme
	return scheme
}

type flags struct {
	workloadImage    string
	snapshotInterval time.Duration
	namespaces       []string
	leaderElect      bool
	metricsAddress   string
	metricsSecure    bool
	ui               bool
	probeAddress     string
	logLevel         slog.Level
	version          bool
}

func parseFlags(args []string, out io.Writer) (flags, error) {
	var f flags
	var namespaces string
	set := flag.NewFlagSet("manager", flag.ContinueOnError)
	set.SetOutput(out)
	set.StringVar(&f.workloadImage, "workload-image", os.Getenv("WORKLOAD_IMAGE"),
		"`image` that runs in every pod; by default what WORKLOAD_IMAGE holds")
	set.DurationVar(&f.snapshotInterval, "snapshot-interval", 2*time.Second, "how often pods are asked for their snapshot")
	set.StringVar(&namespaces, "namespaces", "", "the only `namespaces` to work in, separated by commas; empty: all")
	set.BoolVar(&f.leaderElect, "leader-elect", false, "let only one of several managers act")
	set.StringVar(&f.metricsAddress, "metrics-bind-address", ":8443", "`address` of the metrics; 0 serves none")
	set.BoolVar(&f.metricsSecure, "metrics-secure", true, "serve metrics by HTTPS, to those who may read them")
	set.BoolVar(&f.ui, "ui", false, "serve a page that shows all sessions, beside the metrics at /ui/, to those who may read it")
	set.StringVar(&f.probeAddress, "health-probe-bind-address", ":8081", "`address` of /healthz and /readyz")
	set.TextVar(&f.logLevel, "log-level", slog.LevelInfo, "least `level` to log: debug, info, warn or error")
	set.BoolVar(&f.version, "version", false, "print the version and exit")
	if err := set.Parse(args); err != nil {
		return f, err
	}
	if set.NArg() > 0 {
		return f, fmt.Errorf("%q is no flag: see --help", set.Arg(0))
	}
	if err := f.check(); err != nil {
		return f, err
	}
	var err error
	if f.namespaces, err = parseNamespaces(namespaces); err != nil {
		return f, fmt.Errorf("--namespaces: %w", err)
	}
	return f, nil
}

// check returns an error for a flag whose value makes no sense.
func (f flags) check() error {
	switch {
	case f.workloadImage == "" && !f.version:
		return errors.New("--workload-image: is empty: name the image that the pods should run, or set WORKLOAD_IMAGE")
	case f.ui && f.metricsAddress == "0":
		return errors.New("--ui: the page is served beside the metrics: let --metrics-bind-address be an address")
	case f.ui && !f.metricsSecure:
		return errors.New("--ui: the page is for those who may read it: let --metrics-secure be true")
	case f.snapshotInterval < 100*time.Millisecond:
		return fmt.Errorf("--snapshot-interval: %s is too short: write at least 100ms", f.snapshotInterval)
	}
	return nil
}

// parseNamespaces splits a list of names at its commas.
func parseNamespaces(list string) ([]string, error) {
	if list == "" {
		return nil, nil
	}
	names := strings.Split(list, ",")
	for i, name := range names {
		switch {
		case name == "":
			return nil, fmt.Errorf("%q has an empty name: write names separated by single commas, or nothing for all namespaces", list)
		case len(validation.IsDNS1123Label(name)) > 0:
			return nil, fmt.Errorf("%q is not the name of a namespace: write at most 63 lower-case letters, digits and dashes", name)
		case slices.Contains(names[:i], name):
			return nil, fmt.Errorf("%q stands there twice: remove one", name)
		}
	}
	return names, nil
}

// release is the version as hack/build.sh gives it to the linker.
var release string

// version is the release, or that of the module where go install built it.
func version() string {
	if release != "" {
		return release
	}
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" {
		return "unknown"
	}
	return info.Main.Version
}
