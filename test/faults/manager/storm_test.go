package manager

import (
	"context"
	"fmt"
	"strconv"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"tcp-operator.io/api/v1alpha1"
	"tcp-operator.io/test/faults/edits"
	"tcp-operator.io/test/faults/wire"
	"tcp-operator.io/test/faults/world"
)

// foreign is what another writer keeps in an object's annotations.
const foreign = "example.com/count"

// afterTheStorm bounds how long it may take, once others have stopped writing,
// until everything is as it should be.
const afterTheStorm = 5 * time.Second

// TestOthersWriteAllTheTime is A7: while a resource is scaled, others write the
// annotations of it and of its Deployment, and the Deployment's status, as fast
// as the API server lets them.
func TestOthersWriteAllTheTime(t *testing.T) {
	for name, cr := range map[string]client.Object{
		edits.Server: &v1alpha1.TcpServer{}, edits.Client: &v1alpha1.TcpClient{},
	} {
		load := workload(t, world.Kind(cr)+"/scale")
		t.Run(load.String(), func(t *testing.T) {
			cr.SetName(name)
			weather(t, load, cr)
		})
	}
}

// weather runs a workload in a storm around cr, and holds what came of both.
func weather(t *testing.T, load edits.Workload, cr client.Object) {
	t.Helper()
	storm := 300
	if *full {
		storm = 2000
	}
	r := referenceOf(t, load)
	x := newTrial(t, "conflict storm", &wire.Wire{})
	x.make(settling, load.Given...)
	x.rest(recovery)
	before := len(x.writes())
	cr.SetNamespace(x.namespace)
	done := make(chan error, 1)
	go func() { done <- x.storm(t.Context(), cr, storm) }()
	x.make(settling, load.Edits...)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	stopped := time.Now()
	if wrong := x.settle(afterTheStorm); len(wrong) > 0 {
		t.Errorf("%s after the storm: %q", afterTheStorm, wrong)
	}
	settled := time.Since(stopped)
	got := x.judge()
	checkTally(t, r, got)
	wrote := x.writes()[before:]
	own := toChildren(wrote)
	t.Logf("%d foreign writes, a third of which made pods unready; settled %s after them: the operator wrote %d times to children, %d in a quiet run, and %d times to the status",
		storm, settled.Round(time.Millisecond), own, r.own, len(wrote)-own)
	if own > 2*r.own {
		t.Errorf("the operator wrote %d times to children, %d in a quiet run", own, r.own)
	}
	// Each loss of readiness and each return is to be reported, and may be
	// refused once because the resource was written meanwhile.
	if reports := len(wrote) - own; reports > 2*(r.writes-r.own)+4*storm/3 {
		t.Errorf("the operator wrote the status %d times", reports)
	}
	x.checkForeign(cr, storm)
}

func checkTally(t *testing.T, r reference, got end) {
	t.Helper()
	if fmt.Sprint(r.Tally) != fmt.Sprint(got.Tally) {
		t.Errorf("made and gone: %v, want %v", got.Tally, r.Tally)
	}
}

// storm writes n times: the resource's and the Deployment's annotations, and
// the Deployment's status, by turns.
func (x *trial) storm(ctx context.Context, of client.Object, n int) error {
	for i := range n {
		annotate := client.RawPatch(types.MergePatchType, []byte(`{"metadata":{"annotations":{"`+foreign+`":"`+strconv.Itoa(i)+`"}}}`))
		cr := of.DeepCopyObject().(client.Object) // a patch reads its answer into it
		d := &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Namespace: cr.GetNamespace(), Name: cr.GetName()}}
		var err error
		switch i % 3 {
		case 0:
			err = server.Client.Patch(ctx, cr, annotate)
		case 1:
			err = server.Client.Patch(ctx, d, annotate)
		case 2:
			err = server.Client.Status().Patch(ctx, d, client.RawPatch(types.MergePatchType, []byte(`{"status":{"readyReplicas":0,"availableReplicas":0}}`)))
		}
		if err != nil && !apierrors.IsConflict(err) {
			return err
		}
	}
	return nil
}

// checkForeign holds that what others wrote last is still there.
func (x *trial) checkForeign(cr client.Object, storm int) {
	x.t.Helper()
	key := client.ObjectKeyFromObject(cr)
	for turn, o := range []client.Object{cr, &appsv1.Deployment{}} {
		if err := server.Client.Get(x.t.Context(), key, o); err != nil {
			x.t.Fatal(err)
		}
		last := (storm-1-turn)/3*3 + turn
		if got := o.GetAnnotations()[foreign]; got != strconv.Itoa(last) {
			x.t.Errorf("%T: the foreign annotation is %q, want %d", o, got, last)
		}
	}
}
