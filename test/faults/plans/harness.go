package plans

import (
	"context"
	"errors"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"tcp-operator.io/test/faults/edits"
)

// ErrMissed says that a plan's fault has not struck. A plan always takes the
// same course up to its fault, and is made only where the fault can do
// something: so if it misses, the plan is not what its name says, and what it
// came to shows nothing. It counts as failed.
var ErrMissed = errors.New("the fault has not struck: the operator has not made the call of the undisturbed run")

// Mutant is a bug that is put between the reconcilers and the API server. The
// zero Mutant is none.
type Mutant struct {
	Name string
	// Client is what the reconcilers get in place of their client; nil leaves it.
	Client func(client.WithWatch) client.WithWatch
	// Overlooks are the changes that should wake the operator and do not.
	Overlooks func(before, after client.Object) bool
}

// Harness runs plans on an API server, several at once if need be.
type Harness struct {
	plain  client.WithWatch
	mutant Mutant
}

// New returns a harness for an operator with a bug.
func New(config *rest.Config, scheme *runtime.Scheme, mutant Mutant) (*Harness, error) {
	c, err := client.NewWithWatch(config, client.Options{Scheme: scheme})
	if err != nil {
		return nil, fmt.Errorf("connecting to the API server: %w", err)
	}
	return &Harness{plain: c, mutant: mutant}, nil
}

// Undisturbed runs a workload while nothing goes wrong, and returns the plans
// that follow from the calls that the operator made.
func (h *Harness) Undisturbed(ctx context.Context, w edits.Workload) (Result, []Plan) {
	result := h.Run(ctx, Plan{Workload: w}, nil)
	return result, plansOf(w, result)
}

// Run runs a plan and judges it, by its undisturbed run too if that is given.
func (h *Harness) Run(ctx context.Context, p Plan, undisturbed *Result) Result {
	result := h.RunAll(ctx, p.Workload, map[string]Fault{p.Place: p.Fault})
	if result.Err == nil && p.Fault.Name != "" && !result.Struck {
		result.Err = ErrMissed
	}
	if result.Err == nil && undisturbed != nil {
		result.Err = compare(p, result, *undisturbed)
	}
	return result
}

// RunAll runs a workload with any number of faults, each at a place.
func (h *Harness) RunAll(ctx context.Context, w edits.Workload, strikes map[string]Fault) Result {
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "plan-"}}
	if err := h.plain.Create(ctx, namespace); err != nil {
		return Result{Err: fmt.Errorf("making a namespace: %w", err)}
	}
	r := newRun(h.plain, namespace.Name, h.mutant)
	result := r.do(ctx, w, strikes)
	if err := r.release(ctx); err != nil && result.Err == nil {
		result.Err = fmt.Errorf("cleaning up: %w", err)
	}
	return result
}

// compare says how a run differs from the undisturbed one.
func compare(p Plan, got, want Result) error {
	for _, o := range got.World {
		if !slices.Contains(want.World, o) {
			return fmt.Errorf("the end differs from %v: %s", want.World, o)
		}
	}
	if len(got.World) != len(want.World) {
		return fmt.Errorf("the end has %d objects, want %d", len(got.World), len(want.World))
	}
	if p.Fault.keepsChurn() && (got.Created != want.Created || got.Deleted != want.Deleted) {
		return fmt.Errorf("%d children were created and %d deleted, want %d and %d", got.Created, got.Deleted, want.Created, want.Deleted)
	}
	return nil
}
