package plans

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"tcp-operator.io/test/faults/edits"
	"tcp-operator.io/test/faults/oracle"
	"tcp-operator.io/test/faults/world"
)

// The bounds of a run.
const (
	// maxReconciles of one edit. The most that a plan needs is the length of a
	// row of refusals, for a few resources.
	maxReconciles = 100
	// quietRounds is how often everything is looked at again when all is done.
	quietRounds = 3
	// quietRound is longer than whatever the operator may have planned.
	quietRound = 15 * time.Minute
)

// run is a workload in a namespace of its own, with one fault.
type run struct {
	plain    client.WithWatch
	user     client.Client // writes into the journal
	mutant   Mutant
	journal  *journal
	injector *injector

	image       string
	queue       *queue
	reconcilers map[string]reconcile.Reconciler
	reconciles  int
	lastError   error
	armedAt     int                  // moment of the journal
	targets     map[types.UID]string // where clients went when all was last as it should be
}

// Result is what a run came to.
type Result struct {
	Err              error    // what went wrong; nil: nothing
	World            []string // its end, as world.Normal describes it
	Created, Deleted int      // children
	Reconciles       int
	Struck           bool // whether a fault did what it is there for
	trace            []step
	moments          int // of the journal since the faults could strike
}

func newRun(plain client.WithWatch, namespace string, mutant Mutant) *run {
	r := &run{plain: plain, mutant: mutant, journal: newJournal(plain, namespace), image: edits.Image}
	r.user = intercept(plain, func(ctx context.Context, c call, _ client.Object, do func() error) error {
		err := do()
		if c.writes() {
			if noteErr := r.journal.note(ctx, c.object); noteErr != nil {
				return noteErr
			}
		}
		return err
	})
	r.journal.changed = func(k key, before, after client.Object) {
		r.check(k, before, after)
		r.changed(k, before, after)
	}
	r.injector = newInjector(r.journal, r.user)
	r.queue = newQueue(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC))
	return r
}

// do makes the edits while faults strike, each at its place, and judges all
// but the comparison with the undisturbed run.
func (r *run) do(ctx context.Context, w edits.Workload, strikes map[string]Fault) Result {
	err := r.workload(ctx, w, strikes)
	if err == nil {
		err = r.quiet(ctx)
	}
	if err == nil && len(r.injector.broken) > 0 {
		err = fmt.Errorf("%s", strings.Join(r.injector.broken, "; "))
	}
	result := Result{Err: err, Reconciles: r.reconciles, Struck: r.injector.struck, trace: r.injector.trace, moments: r.journal.moment - r.armedAt}
	result.Created, result.Deleted = r.journal.churn(r.armedAt)
	if err != nil {
		return result
	}
	end, err := world.Read(ctx, r.plain, r.journal.namespace)
	end.Targets = r.targets
	if err == nil {
		err = r.journal.checkComplete(end)
	}
	if err == nil {
		err = mismatch(end, r.image)
	}
	result.World, result.Err = end.Normal(), err
	return result
}

func (r *run) workload(ctx context.Context, w edits.Workload, strikes map[string]Fault) error {
	r.start()
	for _, e := range w.Given {
		if err := r.edit(ctx, e); err != nil {
			return fmt.Errorf("before anything went wrong: %w", err)
		}
	}
	// A look that was planned before anything went wrong must not come to the
	// operator's help.
	r.queue.skip(quietRound)
	if err := r.settle(ctx); err != nil {
		return fmt.Errorf("before anything went wrong, after a while: %w", err)
	}
	r.injector.arm(strikes)
	r.armedAt = r.journal.moment
	for _, e := range w.Edits {
		if err := r.edit(ctx, e); err != nil {
			return err
		}
	}
	r.injector.armed = false
	if last, is := strikes[atEnd]; is {
		r.injector.goBack(r.armedAt + last.moment)
		r.start()
		return r.settle(ctx)
	}
	return nil
}

// edit makes an edit and waits until it has settled.
func (r *run) edit(ctx context.Context, e edits.Edit) error {
	if e.Do != nil {
		if err := e.Do(ctx, r.user, r.journal.namespace); err != nil {
			return fmt.Errorf("%s: %w", e.Name, err)
		}
	}
	if e.Image != "" {
		r.image = e.Image
		r.start()
	}
	if err := r.settle(ctx); err != nil {
		return fmt.Errorf("%s: %w", e.Name, err)
	}
	return nil
}

// settle lets the operator and everybody else work until all is as it should
// be, and nobody has anything to do at once.
func (r *run) settle(ctx context.Context) error {
	for limit := r.reconciles + maxReconciles; r.reconciles < limit; {
		if k, due := r.queue.next(); due {
			r.reconcile(ctx, k)
			continue
		}
		if !r.injector.long && r.thaw() {
			continue
		}
		acted, err := r.others(ctx)
		if err != nil {
			return err
		}
		if acted || r.thaw() {
			continue
		}
		wrong := mismatch(r.world(), r.image)
		if wrong == nil {
			r.targets = oracle.Targets(r.world())
			return nil
		}
		if !r.queue.advance() {
			return wrong
		}
	}
	return errors.Join(fmt.Errorf("not settled after %d reconciles", maxReconciles), r.lastError, mismatch(r.world(), r.image))
}

// world is what there is now, with what has to be remembered.
func (r *run) world() world.World {
	w := r.journal.world()
	w.Targets = r.targets
	return w
}

func mismatch(w world.World, image string) error {
	if wrong := oracle.Match(w, image); len(wrong) > 0 {
		return fmt.Errorf("no match: %s", strings.Join(wrong, "; "))
	}
	return nil
}

// quiet looks at everything again, and holds that nothing is written.
func (r *run) quiet(ctx context.Context) error {
	r.injector.sent = nil
	for range quietRounds {
		r.queue.skip(quietRound)
		for _, k := range r.journal.keys {
			if world.IsResource(empty[k.kind]) {
				r.queue.add(k)
			}
		}
		for range len(r.queue.due) {
			k, _ := r.queue.next()
			r.reconcile(ctx, k)
		}
		if len(r.injector.sent) > 0 || len(r.queue.due) > 0 {
			return fmt.Errorf("it does not come to rest: sent %v, due %v", r.injector.sent, r.queue.due)
		}
	}
	return nil
}

// release frees the cluster addresses, of which there are few.
func (r *run) release(ctx context.Context) error {
	var services corev1.ServiceList
	if err := r.plain.List(ctx, &services, client.InNamespace(r.journal.namespace)); err != nil {
		return err
	}
	for i := range services.Items {
		if err := r.plain.Delete(ctx, &services.Items[i]); client.IgnoreNotFound(err) != nil {
			return err
		}
	}
	return r.plain.Delete(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: r.journal.namespace}})
}
