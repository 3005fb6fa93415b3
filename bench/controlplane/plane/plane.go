// Package plane starts the control plane that the benchmark measures on: a
// real kube-apiserver and etcd of its own, which write down every request.
package plane

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	kruntime "k8s.io/apimachinery/pkg/runtime"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/envtest"

	"tcp-operator.io/api/v1alpha1"
)

// Plane is a running API server with its etcd.
type Plane struct {
	Audit       *Audit
	environment *envtest.Environment
	folder      string
	processes   map[string]int // process ids, by name
}

// Start starts a control plane with the CRDs of the source tree at root. It
// keeps its files in folder. KUBEBUILDER_ASSETS names the folder of the
// binaries.
func Start(root, folder string) (*Plane, error) {
	log := filepath.Join(folder, "audit.log")
	policy := filepath.Join(folder, "audit-policy.yaml")
	if err := os.WriteFile(policy, []byte(auditPolicy), 0o600); err != nil {
		return nil, err
	}
	environment := &envtest.Environment{
		CRDDirectoryPaths:     []string{filepath.Join(root, "config", "crd", "bases")},
		ErrorIfCRDPathMissing: true,
		// A machine that does much else takes long.
		ControlPlaneStartTimeout: 2 * time.Minute,
	}
	environment.ControlPlane.GetAPIServer().Configure().
		Set("service-cluster-ip-range", "10.0.0.0/16"). // the default has room for 254 Services
		Append("audit-policy-file", policy).
		Append("audit-log-path", log).
		Append("audit-log-maxsize", "100000") // MB: a rotated log would be lost
	if _, err := environment.Start(); err != nil {
		return nil, fmt.Errorf("starting the API server: %w", err)
	}
	p := &Plane{Audit: &Audit{path: log}, environment: environment, folder: folder}
	var err error
	if p.processes, err = processes(); err != nil {
		return nil, errors.Join(err, p.Stop())
	}
	return p, nil
}

// Stop ends both processes.
func (p *Plane) Stop() error { return p.environment.Stop() }

// Config lets a user in who may do everything. The audit log tells users
// apart. Nothing is limited on the client's side.
func (p *Plane) Config(user string) (*rest.Config, error) {
	added, err := p.addUser(user)
	if err != nil {
		return nil, err
	}
	return added.Config(), nil
}

// Kubeconfig is the path of a file that lets user in, as Config does.
func (p *Plane) Kubeconfig(user string) (string, error) {
	added, err := p.addUser(user)
	if err != nil {
		return "", err
	}
	text, err := added.KubeConfig()
	if err != nil {
		return "", fmt.Errorf("writing a kubeconfig: %w", err)
	}
	path := filepath.Join(p.folder, user+".kubeconfig")
	return path, os.WriteFile(path, text, 0o600)
}

func (p *Plane) addUser(name string) (*envtest.AuthenticatedUser, error) {
	unlimited := &rest.Config{QPS: -1}
	user, err := p.environment.AddUser(envtest.User{Name: name, Groups: []string{"system:masters"}}, unlimited)
	if err != nil {
		return nil, fmt.Errorf("adding the user %s: %w", name, err)
	}
	return user, nil
}

// Scheme knows the kinds of Kubernetes and of the project.
func Scheme() *kruntime.Scheme {
	scheme := kruntime.NewScheme()
	utilruntime.Must(clientgoscheme.AddToScheme(scheme))
	utilruntime.Must(v1alpha1.AddToScheme(scheme))
	return scheme
}
