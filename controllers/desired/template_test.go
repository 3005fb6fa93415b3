package desired_test

import (
	"fmt"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1ac "k8s.io/client-go/applyconfigurations/apps/v1"

	"tcp-operator.io/api/v1alpha1"
	"tcp-operator.io/controllers/desired"
)

func serverPods(t *testing.T, cr *v1alpha1.TcpServer) *appsv1ac.DeploymentApplyConfiguration {
	t.Helper()
	children, err := desired.Server(cr, defaults)
	if err != nil {
		t.Fatal(err)
	}
	return children.Deployment
}

func clientPods(t *testing.T, cr *v1alpha1.TcpClient) *appsv1ac.DeploymentApplyConfiguration {
	t.Helper()
	children, err := desired.Client(cr, greeter, defaults)
	if err != nil {
		t.Fatal(err)
	}
	return children.Deployment
}

func TestWhatDoesNotConcernThePodsDoesNotRestartThem(t *testing.T) {
	want := serverPods(t, server(t, classicServer)).Spec.Template
	for name, change := range map[string]func(*v1alpha1.TcpServer){
		"more replicas": func(cr *v1alpha1.TcpServer) { cr.Spec.Replicas = new(int32(7)) },
		"no replicas":   func(cr *v1alpha1.TcpServer) { cr.Spec.Replicas = new(int32(0)) },
		"service type":  func(cr *v1alpha1.TcpServer) { cr.Spec.Service.Type = "LoadBalancer" },
		"service port":  func(cr *v1alpha1.TcpServer) { cr.Spec.Service.Port = 80 },
		"service annotations": func(cr *v1alpha1.TcpServer) {
			cr.Spec.Service.Annotations = map[string]v1alpha1.AnnotationValue{"a": "b"}
		},
		"resource's labels": func(cr *v1alpha1.TcpServer) { cr.Labels = map[string]string{"a": "b"} },
		"status":            func(cr *v1alpha1.TcpServer) { cr.Status.Address = "somewhere"; cr.Generation = 9 },
	} {
		cr := server(t, classicServer)
		change(cr)
		if diff := cmp.Diff(want, serverPods(t, cr).Spec.Template); diff != "" {
			t.Errorf("%s changes the pod template:\n%s", name, diff)
		}
	}
	cr := client(t, classicClient)
	wantClient := clientPods(t, cr).Spec.Template
	cr.Spec.Replicas = new(int32(5))
	if diff := cmp.Diff(wantClient, clientPods(t, cr).Spec.Template); diff != "" {
		t.Errorf("a client's replicas change the pod template:\n%s", diff)
	}
}

func TestASettingRestartsThePods(t *testing.T) {
	cr := server(t, classicServer)
	before := serverPods(t, cr).Spec.Template
	cr.Spec.Greeting = "hello"
	if cmp.Equal(before, serverPods(t, cr).Spec.Template) {
		t.Error("a new greeting leaves the pod template as it was")
	}
}

// TestUserLabelsDoNotReplaceTheOperators holds for resources that were stored
// before the schema forbade such labels.
func TestUserLabelsDoNotReplaceTheOperators(t *testing.T) {
	cr := server(t, classicServer)
	cr.Spec.Pod.Labels = map[string]v1alpha1.LabelValue{desired.NameLabel: "other", desired.ManagedByLabel: "me", "team": "network"}
	cr.Spec.Service.Labels = cr.Spec.Pod.Labels
	children, err := desired.Server(cr, defaults)
	if err != nil {
		t.Fatal(err)
	}
	for name, labels := range map[string]map[string]string{
		"pods":    children.Deployment.Spec.Template.Labels,
		"service": children.Service.Labels,
	} {
		if labels[desired.NameLabel] != "greeter" || labels[desired.ManagedByLabel] != desired.ManagedBy || labels["team"] != "network" {
			t.Errorf("labels of %s are %v", name, labels)
		}
	}
}

// TestEveryCallReturnsFreshValues holds because applying overwrites its
// argument: nothing in it may belong to another call or to the resource.
func TestEveryCallReturnsFreshValues(t *testing.T) {
	full := server(t, manifest(t, filepath.Join("testdata", "server-full.yaml")))
	fullClient := client(t, manifest(t, filepath.Join("testdata", "client-full.yaml")))
	calls := map[string]func() (any, any){
		"server": func() (any, any) {
			children, err := desired.Server(full, defaults)
			return children, err
		},
		"client": func() (any, any) {
			children, err := desired.Client(fullClient, greeter, defaults)
			return children, err
		},
		"classic server": func() (any, any) {
			children, err := desired.Server(server(t, classicServer), defaults)
			return children, err
		},
	}
	for name, call := range calls {
		first, _ := call()
		second, _ := call()
		if diff := cmp.Diff(first, second); diff != "" {
			t.Errorf("%s: two calls differ:\n%s", name, diff)
		}
		for other, from := range map[string]any{"another call": second, "the resource": []any{full, fullClient}} {
			theirs := memory(from)
			for at, path := range memory(first) {
				if _, shared := theirs[at]; shared {
					t.Errorf("%s: %s is shared with %s (%s)", name, path, other, theirs[at])
				}
			}
		}
	}
}

// memory returns where v's pointers, maps and slices point to, and their paths.
func memory(v any) map[uintptr]string {
	found := map[uintptr]string{}
	collect(found, reflect.ValueOf(v), "")
	return found
}

func collect(found map[uintptr]string, v reflect.Value, path string) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			found[v.Pointer()] = path
			collect(found, v.Elem(), path)
		}
	case reflect.Interface:
		if !v.IsNil() {
			collect(found, v.Elem(), path)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			collect(found, v.Field(i), path+"."+v.Type().Field(i).Name)
		}
	case reflect.Slice:
		if v.Len() > 0 {
			found[v.Pointer()] = path
		}
		for i := range v.Len() {
			collect(found, v.Index(i), fmt.Sprintf("%s[%d]", path, i))
		}
	case reflect.Map:
		if v.Len() > 0 {
			found[v.Pointer()] = path
		}
		for _, key := range v.MapKeys() {
			collect(found, v.MapIndex(key), fmt.Sprintf("%s[%v]", path, key))
		}
	}
}

func TestPortsBelow1024AreOpenedWithoutCapabilities(t *testing.T) {
	for port, want := range map[int32]int{1: 1, 1023: 1, 1024: 0, 9527: 0} {
		cr := server(t, classicServer)
		cr.Spec.Port = port
		if got := len(serverPods(t, cr).Spec.Template.Spec.SecurityContext.Sysctls); got != want {
			t.Errorf("port %d: %d sysctls, want %d", port, got, want)
		}
	}
}

func TestTheGracePeriodLetsPromisedRepliesOut(t *testing.T) {
	for delay, want := range map[v1alpha1.Duration]int64{"0s": 10, "5s": 15, "1ms": 11, "1h": 3610} {
		cr := server(t, classicServer)
		cr.Spec.Reply.Delay = delay
		if got := *serverPods(t, cr).Spec.Template.Spec.TerminationGracePeriodSeconds; got != want {
			t.Errorf("server, delay %s: %d s, want %d s", delay, got, want)
		}
		c := client(t, classicClient)
		c.Spec.Reply.Delay = delay
		if got := *clientPods(t, c).Spec.Template.Spec.TerminationGracePeriodSeconds; got != want-5 {
			t.Errorf("client, delay %s: %d s, want %d s", delay, got, want-5)
		}
	}
}
