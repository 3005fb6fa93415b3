package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/pflag"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"tcp-operator.io/api/v1alpha1"
	"tcp-operator.io/controllers/desired"
	"tcp-operator.io/test/apiserver"
)

var server apiserver.Server

func TestMain(m *testing.M) {
	os.Exit(apiserver.Run(m, func(s apiserver.Server) { server = s }))
}

// user is somebody at a command line, in a namespace of the API server.
type user struct {
	t         *testing.T
	namespace string
}

func newUser(t *testing.T) user {
	t.Helper()
	u := user{t: t, namespace: server.Namespace(t)}
	kubeconfig := filepath.Join(t.TempDir(), "kubeconfig")
	t.Setenv("KUBECONFIG", kubeconfig)
	config := clientcmdapi.NewConfig()
	config.Clusters["test"] = &clientcmdapi.Cluster{Server: "https://" + strings.TrimPrefix(server.Config.Host, "https://"), CertificateAuthorityData: server.Config.CAData}
	config.AuthInfos["test"] = &clientcmdapi.AuthInfo{ClientCertificateData: server.Config.CertData, ClientKeyData: server.Config.KeyData}
	config.Contexts["test"] = &clientcmdapi.Context{Cluster: "test", AuthInfo: "test", Namespace: u.namespace}
	config.CurrentContext = "test"
	if err := clientcmd.WriteToFile(*config, kubeconfig); err != nil {
		t.Fatal(err)
	}
	return u
}

// types runs a command line, and returns its exit code and what it printed.
func (u user) types(line string) (code int, out, errOut string) {
	u.t.Helper()
	return u.typesUntil(u.t.Context(), line)
}

// typesUntil interrupts the command when ctx is done.
func (u user) typesUntil(ctx context.Context, line string) (code int, out, errOut string) {
	u.t.Helper()
	var o, e bytes.Buffer
	code = run(ctx, strings.Fields(line), genericiooptions.IOStreams{In: &bytes.Buffer{}, Out: &o, ErrOut: &e})
	return code, o.String(), e.String()
}

// client makes a TcpClient of greeter that is as its conditions say.
func (u user) client(name string, conditions ...metav1.Condition) {
	u.t.Helper()
	cr := &v1alpha1.TcpClient{ObjectMeta: metav1.ObjectMeta{Namespace: u.namespace, Name: name}}
	cr.Spec.ServerRef = &v1alpha1.ServerReference{Name: "greeter"}
	u.create(cr)
	before := cr.DeepCopy()
	cr.Status.ObservedGeneration = cr.Generation
	for _, c := range conditions {
		c.LastTransitionTime = metav1.Now()
		cr.Status.Conditions = append(cr.Status.Conditions, c)
	}
	cr.Status.Target, cr.Status.Sessions.Desired, cr.Status.Sessions.Established = "greeter."+u.namespace+".svc:9527", 1, 1
	if err := server.Client.Status().Patch(u.t.Context(), cr, client.MergeFrom(before)); err != nil {
		u.t.Fatal(err)
	}
}

func (u user) create(o client.Object) {
	u.t.Helper()
	if err := server.Client.Create(u.t.Context(), o); err != nil {
		u.t.Fatal(err)
	}
}

func condition(kind, status, reason string) metav1.Condition {
	return metav1.Condition{Type: kind, Status: metav1.ConditionStatus(status), Reason: reason, Message: "because"}
}

var (
	ready    = condition("Ready", "True", "SessionsEstablished")
	notReady = condition("Ready", "False", "SessionsNotEstablished")
	broken   = condition("Ready", "False", "TooManyOutages")
	stalled  = condition("Stalled", "True", "TooManyOutages")
)

func TestExitCodes(t *testing.T) {
	u := newUser(t)
	u.client("ready", ready)
	u.client("waiting", notReady, condition("Reconciling", "True", "SessionsNotEstablished"))
	u.client("broken", broken, stalled)
	for line, want := range map[string]struct {
		code int
		says string // on the error output
	}{
		"wait ready":                                    {0, "SessionsEstablished"},
		"wait tcpc/ready --for verdict":                 {0, "SessionsEstablished"},
		"wait ready --during 1s --timeout 1m":           {0, "has to hold for 1s"},
		"wait broken":                                   {exitBroken, "TooManyOutages: because"},
		"wait waiting --timeout 1s":                     {exitTimeout, "not ready within 1s: SessionsNotEstablished"},
		"wait missing":                                  {exitFailure, `there is no TcpServer and no TcpClient "missing"`},
		"wait":                                          {exitFailure, "accepts 1 arg(s)"},
		"wait ready --for success":                      {exitFailure, "write ready or verdict"},
		"wait ready --report html=x":                    {exitFailure, "write junit=FILE or json=FILE"},
		"wait ready --during 5m --timeout 1m":           {exitFailure, "raise --timeout"},
		"wait ready --report junit=/nowhere/report.xml": {exitFailure, "writing the report"},
		"status missing":                                {exitFailure, "see kubectl tcp topology -A"},
		"status pod/ready":                              {exitFailure, "write tcpserver/ready or tcpclient/ready"},
		"status tcpserver/ready":                        {exitFailure, `there is no TcpServer "ready"`},
		"status tcpserver/":                             {exitFailure, "write NAME, tcpserver/NAME or tcpclient/NAME"},
		"status ready -o html":                          {exitFailure, "write table, wide, json, yaml"},
		"top ready -A":                                  {exitFailure, "leave out --all-namespaces"},
		"top --interval 1ms":                            {exitFailure, "write at least 500ms"},
		"frobnicate":                                    {exitFailure, "unknown command"},
		"topology --context elsewhere":                  {exitFailure, "elsewhere"},
		"ui":                                            {exitFailure, "no manager runs in namespace"},
		"ui --own-token --service-account x":            {exitFailure, "own-token"},
		"sessions ready":                                {0, ""},
		"version":                                       {0, ""},
		"topology":                                      {0, ""},
		"top --once --interval 500ms":                   {0, ""},
		"wait broken --report json=" + t.TempDir() + "/r.j": {exitBroken, "TooManyOutages"},
	} {
		code, out, errOut := u.types(line)
		if code != want.code || !strings.Contains(errOut, want.says) {
			t.Errorf("kubectl tcp %s: exit %d, want %d with %q\n%s%s", line, code, want.code, want.says, out, errOut)
		}
	}
}

func TestReportsAreWritten(t *testing.T) {
	u := newUser(t)
	u.client("ready", ready)
	junit := filepath.Join(t.TempDir(), "tcp.xml")
	code, out, errOut := u.types("wait ready --report json=- --report junit=" + junit)
	var report map[string]any
	if err := json.Unmarshal([]byte(out), &report); err != nil || code != 0 || report["outcome"] != "Met" {
		t.Errorf("exit %d, %v:\n%s%s", code, err, out, errOut)
	}
	text, err := os.ReadFile(junit)
	if err != nil || !strings.Contains(string(text), `<testcase classname="TcpClient.`+u.namespace+`" name="ready ready"`) {
		t.Errorf("%v: %s", err, text)
	}
}

// TestAnInterruptedCommandFails: a gate that is told to stop must not let pass.
func TestAnInterruptedCommandFails(t *testing.T) {
	u := newUser(t)
	u.client("ready", ready)
	interrupted, cancel := context.WithCancel(t.Context())
	cancel()
	for line, want := range map[string]int{
		"wait ready": exitTimeout, "wait missing": exitTimeout,
		"status ready": exitFailure, "sessions ready": exitFailure, "topology": exitFailure, "top": exitFailure, "ui": exitFailure,
	} {
		report := filepath.Join(t.TempDir(), "report.json")
		if strings.HasPrefix(line, "wait") {
			line += " --report json=" + report
		}
		code, out, errOut := u.typesUntil(interrupted, line)
		if code != want || !strings.Contains(errOut, "interrupted") || out != "" {
			t.Errorf("%s: exit %d, want %d\n%s%s", line, code, want, out, errOut)
		}
		if text, err := os.ReadFile(report); strings.HasPrefix(line, "wait") && (err != nil || !strings.Contains(string(text), `"Interrupted"`)) {
			t.Errorf("%s: report %s, %v", line, text, err)
		}
	}
}

func TestThereIsAReportHoweverWaitingEnds(t *testing.T) {
	u := newUser(t)
	u.client("waiting", notReady)
	u.client("broken", broken, stalled)
	kubeconfig := os.Getenv("KUBECONFIG")
	for line, want := range map[string]struct {
		code    int
		outcome string
	}{
		"wait waiting --timeout 1s": {exitTimeout, "TimedOut"},
		"wait broken":               {exitBroken, "Broken"},
		"wait missing":              {exitFailure, "Failed"},
		"wait waiting --as nobody":  {exitFailure, "Failed"},
		"wait waiting --kubeconfig " + kubeconfig + " --context nowhere":                    {exitFailure, "Failed"},
		"wait waiting --server https://127.0.0.1:1 --timeout 1s --insecure-skip-tls-verify": {exitTimeout, "TimedOut"},
	} {
		code, out, errOut := u.types(line + " --report json=- --report junit=" + filepath.Join(t.TempDir(), "r.xml"))
		var report struct{ Outcome, Message string }
		if err := json.Unmarshal([]byte(out), &report); err != nil || code != want.code || report.Outcome != want.outcome || report.Message == "" {
			t.Errorf("%s: exit %d, want %+v, %v\n%s%s", line, code, want, err, out, errOut)
		}
	}
}

// pod makes one of the TcpClient caller that runs, but for that there is no
// kubelet here: no pod answers.
func (u user) pod(name string) {
	u.t.Helper()
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: u.namespace, Name: name,
			Labels: map[string]string{desired.ManagedByLabel: desired.ManagedBy, desired.KindLabel: "TcpClient", desired.NameLabel: "caller"}},
		Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "workload", Image: "workload"}}},
	}
	u.create(pod)
	// To such an address the API server refuses to pass anything on.
	pod.Status.Phase, pod.Status.PodIP, pod.Status.PodIPs = corev1.PodRunning, "127.0.0.1", []corev1.PodIP{{IP: "127.0.0.1"}}
	if err := server.Client.Status().Update(u.t.Context(), pod); err != nil {
		u.t.Fatal(err)
	}
}

// reader is somebody who may see resources and pods, and not ask these.
func (u user) reader(name string) {
	u.t.Helper()
	role := &rbacv1.Role{ObjectMeta: metav1.ObjectMeta{Namespace: u.namespace, Name: name}, Rules: []rbacv1.PolicyRule{
		{APIGroups: []string{"tcp-operator.io"}, Resources: []string{"*"}, Verbs: []string{"get", "list"}},
		{APIGroups: []string{""}, Resources: []string{"pods"}, Verbs: []string{"list"}},
	}}
	u.create(role)
	u.create(&rbacv1.RoleBinding{ObjectMeta: metav1.ObjectMeta{Namespace: u.namespace, Name: name}, RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: name},
		Subjects: []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: "User", Name: name}}})
}

func TestWhatMayNotBeReadIsSaid(t *testing.T) {
	u := newUser(t)
	u.client("caller", ready)
	u.pod("caller-1")
	u.reader("jane")
	for line, says := range map[string][]string{
		"sessions caller --as jane":             {"warning: sessions may be missing: 0 of 1 pods answered (no right to read from pods: ask for get on pods/proxy)"},
		"status caller --as jane":               {"TcpClient " + u.namespace + "/caller are those of the status", "warning: events could not be read"},
		"topology --as jane":                    {"no right to read from pods: ask for get on pods/proxy"},
		"top --once --interval 500ms --as jane": {"warning: 0 of 1 pods answered (no right to read from pods: ask for get on pods/proxy)"},
	} {
		code, out, errOut := u.types(line)
		for _, text := range says {
			if code != 0 || !strings.Contains(errOut, text) {
				t.Errorf("%s: exit %d, want %q\n%s%s", line, code, text, out, errOut)
			}
		}
	}
}

func TestAnEmptyTopologySaysWhereItLooked(t *testing.T) {
	u := newUser(t)
	if _, out, _ := u.types("topology"); !strings.Contains(out, "in namespace "+u.namespace+".") || !strings.Contains(out, "topology -A") {
		t.Errorf("%s", out)
	}
}

func TestNumbersComeFromTheStatusWherePodsCannotBeAsked(t *testing.T) {
	u := newUser(t)
	u.client("caller", ready)
	u.pod("caller-1")
	for _, line := range []string{"status caller", "topology"} {
		code, out, errOut := u.types(line)
		if code != 0 || !strings.Contains(errOut, "are those of the status") || !strings.Contains(out, "caller") {
			t.Errorf("%s: exit %d\n%s%s", line, code, out, errOut)
		}
	}
	code, out, _ := u.types("topology -o json")
	var graph struct {
		Clients []struct {
			Health   string
			Sessions struct{ Established int }
			Server   struct{ Name string }
		}
	}
	if err := json.Unmarshal([]byte(out), &graph); err != nil || code != 0 || len(graph.Clients) != 1 {
		t.Fatalf("exit %d, %v:\n%s", code, err, out)
	}
	if c := graph.Clients[0]; c.Health != "Healthy" || c.Sessions.Established != 1 || c.Server.Name != "greeter" {
		t.Errorf("client %+v", c)
	}
}

func TestNamesAreCompleted(t *testing.T) {
	u := newUser(t)
	u.client("caller", ready)
	u.create(&v1alpha1.TcpServer{ObjectMeta: metav1.ObjectMeta{Namespace: u.namespace, Name: "greeter"}})
	for line, want := range map[string]string{
		"__complete status x":             "greeter\ncaller\n:",
		"__complete status tcpclient/":    "tcpclient/caller\n:",
		"__complete wait tcps/g":          "tcps/greeter\n:",
		"__complete topology --context x": "test\n:",
		"__complete topology -n x":        u.namespace + "\n",
	} {
		code, out, _ := u.types(line)
		if code != 0 || !strings.Contains(out, want) || strings.Contains(want, ":") && !strings.HasPrefix(out, want) {
			t.Errorf("%s: exit %d:\n%s", line, code, out)
		}
	}
}

// TestEveryCommandIsDocumented also holds that each can be found by its help.
func TestEveryCommandIsDocumented(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(apiserver.Root(), "docs", "kubectl-tcp.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range newRoot(genericiooptions.NewTestIOStreamsDiscard()).Commands() {
		if c.Long == "" && c.Name() != "version" || c.Short == "" || !strings.Contains(string(text), "`"+c.Name()) {
			t.Errorf("docs/kubectl-tcp.md does not name %q, or it has no description", c.Name())
		}
		c.LocalFlags().VisitAll(func(f *pflag.Flag) {
			if f.Usage == "" || len(f.Name) > 2 && c.Name() == "wait" && !strings.Contains(string(text), "--"+f.Name) {
				t.Errorf("docs/kubectl-tcp.md does not name --%s of %s, or it has no description", f.Name, c.Name())
			}
		})
	}
}
