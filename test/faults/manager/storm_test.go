package manager

import (
	"context"
	"fmt"
	"strconv"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"tcp-operator.io/api/v1alpha1"
	"tcp-operator.io/test/faults/edits"
	"tcp-operator.io/test/faults/wire"
)

// foreign is what another writer keeps in an object's annotations.
const foreign = "example.com/count"

// TestOthersWriteAllTheTime is A7: while a server is scaled, others write the
// annotations of it and of its Deployment, and the Deployment's status, as fast
// as the API server lets them.
func TestOthersWriteAllTheTime(t *testing.T) {
	storm := 300
	if *full {
		storm = 2000
	}
	load := edits.Servers()[2]
	r := referenceOf(t, load)
	x := newTrial(t, &wire.Wire{})
	x.make(settling, load.Given...)
	x.rest(recovery)
	before := len(x.writes())
	done := make(chan error, 1)
	go func() { done <- x.storm(t.Context(), storm) }()
	x.make(settling, load.Edits...)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	got := x.judge()
	checkTally(t, r, got)
	wrote := x.writes()[before:]
	own := toChildren(wrote)
	t.Logf("%d foreign writes, a third of which made pods unready: the operator wrote %d times to children, %d in a quiet run, and %d times to the status",
		storm, own, r.own, len(wrote)-own)
	if own > 2*r.own {
		t.Errorf("the operator wrote %d times to children, %d in a quiet run", own, r.own)
	}
	// Each loss of readiness and each return is to be reported, and may be
	// refused once because the resource was written meanwhile.
	if reports := len(wrote) - own; reports > 2*(r.writes-r.own)+4*storm/3 {
		t.Errorf("the operator wrote the status %d times", reports)
	}
	x.checkForeign(storm)
	results.judged(t, "conflict storm", x)
}

func checkTally(t *testing.T, r reference, got end) {
	t.Helper()
	if fmt.Sprint(r.Tally) != fmt.Sprint(got.Tally) {
		t.Errorf("made and gone: %v, want %v", got.Tally, r.Tally)
	}
}

// storm writes n times: the resource's and the Deployment's annotations, and
// the Deployment's status, by turns.
func (x *trial) storm(ctx context.Context, n int) error {
	for i := range n {
		annotate := client.RawPatch(types.MergePatchType, []byte(`{"metadata":{"annotations":{"`+foreign+`":"`+strconv.Itoa(i)+`"}}}`))
		cr, d := &v1alpha1.TcpServer{}, &appsv1.Deployment{}
		for _, o := range []client.Object{cr, d} {
			o.SetNamespace(x.namespace)
			o.SetName(edits.Server)
		}
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
func (x *trial) checkForeign(storm int) {
	x.t.Helper()
	key := client.ObjectKey{Namespace: x.namespace, Name: edits.Server}
	for turn, o := range []client.Object{&v1alpha1.TcpServer{}, &appsv1.Deployment{}} {
		if err := server.Client.Get(x.t.Context(), key, o); err != nil {
			x.t.Fatal(err)
		}
		last := (storm-1-turn)/3*3 + turn
		if got := o.GetAnnotations()[foreign]; got != strconv.Itoa(last) {
			x.t.Errorf("%T: the foreign annotation is %q, want %d", o, got, last)
		}
	}
}
