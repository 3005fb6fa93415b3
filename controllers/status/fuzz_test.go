package status_test

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/randfill"
	"sigs.k8s.io/yaml"

	"tcp-operator.io/api/v1alpha1"
	"tcp-operator.io/controllers/desired"
	"tcp-operator.io/controllers/fault"
	"tcp-operator.io/controllers/status"
	"tcp-operator.io/workload/spec"
)

// FuzzServer holds that what a reconcile decides of a server is defined
// whatever is stored in the cluster and whatever the pods say: the schema may
// have been another one when the resource was written.
func FuzzServer(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, data []byte, random uint32) {
		fill := filler(data)
		cr := &v1alpha1.TcpServer{}
		full(t, "server", cr)
		disturb(fill, &cr.Spec, random)
		children, err := desired.Server(cr, desired.Defaults{WorkloadImage: "workload:test"})
		checkInvalid(t, err)
		if err == nil {
			stored(t, children)
		}
		for range 2 { // the second finds what the first has left
			var seen status.ServerSeen
			fill.Fill(&seen)
			cr.Status, _ = status.Server(cr, seen, err, noon)
			checkTold(t, cr.Status.Conditions)
			cr.Status = stored(t, cr.Status)
		}
	})
}

// FuzzClient is FuzzServer for a client, whose server may be in any state.
func FuzzClient(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, data []byte, random uint32) {
		fill := filler(data)
		cr := &v1alpha1.TcpClient{}
		full(t, "client", cr)
		disturb(fill, &cr.Spec, random)
		server := &v1alpha1.TcpServer{}
		fill.Fill(server)
		for range 2 {
			target, err := desired.Target(cr, server, cr.Status.Target != "")
			if target != (spec.Address{}) {
				children, wrong := desired.Client(cr, target, desired.Defaults{})
				checkInvalid(t, wrong)
				err = fault.Worst(wrong, err)
				if wrong == nil {
					stored(t, children)
				}
			}
			var seen status.ClientSeen
			fill.Fill(&seen)
			cr.Status, _ = status.Client(cr, target, seen, err, noon)
			checkTold(t, cr.Status.Conditions)
			cr.Status = stored(t, cr.Status)
		}
	})
}

func seed(f *testing.F) {
	f.Helper()
	for _, data := range []string{"", "a", strings.Repeat("0", 4096), strings.Repeat("tcp-operator", 500)} {
		for _, random := range []uint32{0, 1, 1 << 5, 0xffff, 0xffffffff} {
			f.Add([]byte(data), random)
		}
	}
}

// full reads a resource that sets every field. The schema, which could fill in
// defaults, would make a fuzzing binary of it that takes minutes to compile.
func full(t *testing.T, role string, into any) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "desired", "testdata", role+"-full.yaml"))
	if err == nil {
		err = yaml.UnmarshalStrict(text, into)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// filler makes objects of the bytes, the same ones every time.
func filler(data []byte) *randfill.Filler {
	return randfill.NewFromGoFuzz(data).NilChance(0.3).NumElements(0, 3).MaxDepth(12).Funcs(
		// What a generic filler cannot make, or would hardly ever get right.
		func(d *v1alpha1.Duration, c randfill.Continue) {
			*d = []v1alpha1.Duration{"0s", "7s", "1m30s", "99999h", "", "-1s", "never", v1alpha1.Duration(c.String(20))}[c.Intn(8)]
		},
		func(f *v1alpha1.Framing, c randfill.Continue) {
			*f = []v1alpha1.Framing{"None", "Line", "LengthPrefixed", v1alpha1.Framing(c.String(9))}[c.Intn(4)]
		},
		func(p *v1alpha1.Path, c randfill.Continue) { *p = []v1alpha1.Path{"Allowed", "Blocked", ""}[c.Intn(3)] },
		func(m *v1alpha1.NetworkPolicyMode, c randfill.Continue) {
			*m = []v1alpha1.NetworkPolicyMode{"None", "Restrict", ""}[c.Intn(3)]
		},
		// The API server has read these, and writes them again.
		func(t *metav1.Time, c randfill.Continue) { t.Time = anyTime(c) },
		func(t *metav1.MicroTime, c randfill.Continue) { t.Time = anyTime(c) },
		func(t *time.Time, c randfill.Continue) { *t = anyTime(c) },
		func(f *metav1.FieldsV1, _ randfill.Continue) { *f = *metav1.NewFieldsV1("{}") },
	)
}

func anyTime(c randfill.Continue) time.Time { return time.Unix(c.Int63n(1<<37), c.Int63n(1e9)).UTC() }

// disturb puts something else into some of the fields of spec: those whose
// bits are set.
func disturb(fill *randfill.Filler, spec any, random uint32) {
	v := reflect.ValueOf(spec).Elem()
	for i := range v.NumField() {
		if random&(1<<i) != 0 {
			fill.Fill(v.Field(i).Addr().Interface())
		}
	}
}

// checkInvalid holds that what a spec is refused for is something that the
// user can mend, said in one line.
func checkInvalid(t *testing.T, err error) {
	t.Helper()
	if err == nil {
		return
	}
	invalid, ok := errors.AsType[*fault.Invalid](err)
	if !ok || invalid.Reason != v1alpha1.ReasonInvalidSpec {
		t.Fatalf("the error is %v (%T)", err, err)
	}
	if m := err.Error(); !strings.HasPrefix(m, "spec.") || strings.ContainsAny(m, "\r\n") {
		t.Errorf("the error is %q", m)
	}
}

// checkTold holds that conditions can be stored, and tell kstatus one thing.
func checkTold(t *testing.T, conditions []metav1.Condition) {
	t.Helper()
	told := 0
	for _, name := range []string{v1alpha1.ConditionReady, v1alpha1.ConditionReconciling, v1alpha1.ConditionStalled} {
		if meta.IsStatusConditionTrue(conditions, name) {
			told++
		}
	}
	if told != 1 {
		t.Errorf("%d of Ready, Reconciling and Stalled are True: %+v", told, conditions)
	}
	for _, c := range conditions {
		if c.Reason == "" || len(c.Message) > 32768 || !utf8.ValidString(c.Message) {
			t.Errorf("%s cannot be stored: reason %q, %d bytes: %.100q", c.Type, c.Reason, len(c.Message), c.Message)
		}
	}
}
