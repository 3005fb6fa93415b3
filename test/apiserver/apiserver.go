// Package apiserver starts a real kube-apiserver and etcd for tests, with the
// project's CRDs in place.
package apiserver

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	kruntime "k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest"

	"tcp-operator.io/api/v1alpha1"
)

// Server is a running API server.
type Server struct {
	Config *rest.Config
	Client client.Client // reads and writes without a cache
	Scheme *kruntime.Scheme
}

// Run starts an API server, lets use keep it, runs the tests and stops it. It
// returns the exit code for TestMain.
func Run(m *testing.M, use func(Server)) int {
	if os.Getenv("KUBEBUILDER_ASSETS") == "" {
		fmt.Fprintln(os.Stderr, "KUBEBUILDER_ASSETS is not set: run make test, or point it at a folder with kube-apiserver and etcd")
		return 1
	}
	environment := &envtest.Environment{
		CRDDirectoryPaths:     []string{filepath.Join(Root(), "config", "crd", "bases")},
		ErrorIfCRDPathMissing: true,
		// Longer than by default: go test compiles other packages meanwhile.
		ControlPlaneStartTimeout: 2 * time.Minute,
		ControlPlaneStopTimeout:  time.Minute,
		CRDInstallOptions:        envtest.CRDInstallOptions{MaxTime: time.Minute},
	}
	environment.ControlPlane.GetAPIServer().Configure().
		// Some clusters demand rights on the finalizers of those who own.
		Append("enable-admission-plugins", "OwnerReferencesPermissionEnforcement").
		// Services stay when their namespace goes, and keep their addresses.
		Set("service-cluster-ip-range", "10.0.0.0/16")
	config, err := environment.Start()
	if err != nil {
		fmt.Fprintln(os.Stderr, "starting the API server:", err)
		return 1
	}
	defer func() {
		if err := environment.Stop(); err != nil {
			fmt.Fprintln(os.Stderr, "stopping the API server:", err)
		}
	}()
	scheme := kruntime.NewScheme()
	for _, add := range []func(*kruntime.Scheme) error{clientgoscheme.AddToScheme, v1alpha1.AddToScheme} {
		if err := add(scheme); err != nil {
			fmt.Fprintln(os.Stderr, "registering kinds:", err)
			return 1
		}
	}
	c, err := client.New(config, client.Options{Scheme: scheme})
	if err != nil {
		fmt.Fprintln(os.Stderr, "connecting to the API server:", err)
		return 1
	}
	use(Server{Config: config, Client: c, Scheme: scheme})
	return m.Run()
}

// Root is the top folder of the source tree.
func Root() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Join(filepath.Dir(file), "..", "..")
}

// Namespace makes a namespace for one test and deletes it afterwards. There
// is no namespace controller: what is in it stays.
func (s Server) Namespace(t *testing.T) string {
	t.Helper()
	prefix := strings.ToLower(strings.NewReplacer("/", "-", "_", "-", ".", "-").Replace(t.Name()))
	ns := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: prefix[:min(len(prefix), 40)] + "-"}}
	if err := s.Client.Create(t.Context(), ns); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Client.Delete(context.WithoutCancel(t.Context()), ns) })
	return ns.Name
}
