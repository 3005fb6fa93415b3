package plans

import (
	"context"
	"errors"
	"fmt"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// Family is a kind of fault, as the table of results has them.
type Family string

// The families.
const (
	Crash  Family = "crash"  // a write is committed, and the operator dies before it knows
	Lost   Family = "lost"   // a write is committed, and its answer is lost
	Refuse Family = "refuse" // a call is answered with an error, once or ten times in a row
	Vanish Family = "vanish" // somebody else deletes the object first
	Stale  Family = "stale"  // the cache is stuck at an earlier version, and catches up later
	Travel Family = "travel" // a restarted operator starts from an earlier state of everything
)

// Families are all of them.
var Families = []Family{Crash, Lost, Refuse, Vanish, Stale, Travel}

// Fault is what goes wrong.
type Fault struct {
	Name   string
	Family Family
	// strike takes the place of the call.
	strike func(context.Context, *injector, attempt) error
	// moment of the journal that a restarted operator starts from.
	moment int
}

// keepsChurn tells whether children have to be created and deleted as often as
// in the undisturbed run: not where somebody else deletes some.
func (f Fault) keepsChurn() bool {
	return f.Family != Vanish
}

var errCrashed = errors.New("the operator has crashed")

func crash() Fault {
	return Fault{Name: "crash", Family: Crash, strike: func(_ context.Context, i *injector, a attempt) error {
		i.commit(a)
		i.dead = true
		return errCrashed
	}}
}

func lost() Fault {
	return Fault{Name: "lost", Family: Lost, strike: func(_ context.Context, i *injector, a attempt) error {
		i.commit(a)
		return apierrors.NewTimeoutError("the answer was lost", 0)
	}}
}

// vanish lets somebody else delete the child right before the call.
func vanish() Fault {
	return Fault{Name: "vanish", Family: Vanish, strike: func(ctx context.Context, i *injector, a attempt) error {
		doomed := empty[a.call.object.kind].DeepCopyObject().(client.Object)
		doomed.SetNamespace(i.journal.namespace)
		doomed.SetName(a.call.object.name)
		err := i.somebody.Delete(ctx, doomed)
		if client.IgnoreNotFound(err) != nil {
			return fmt.Errorf("deleting %s on behalf of somebody else: %w", a.call.object, err)
		}
		i.struck = i.struck || err == nil
		return a.do()
	}}
}

// refusal is an answer of the API server that commits nothing.
type refusal struct {
	name   string
	answer func(call) error
}

// notFound is the answer of an API server that does not serve a kind yet, as
// after its own start. It says nothing of the object: an operator that takes
// its word makes what is there already. It is of no use at a write, where vanish
// lets it be true; nor at a read from the cache, which never loses an object
// that is there.
var notFound = refusal{"404", func(c call) error { return apierrors.NewNotFound(resource(c), c.object.name) }}

// The refusals. A read meets no conflict. That a child exists already is what
// the API server says by itself, where a read was told otherwise.
var (
	readRefusals = []refusal{
		{"429", func(call) error { return apierrors.NewTooManyRequests("the server is busy", 1) }},
		{"500", func(call) error { return apierrors.NewInternalError(errors.New("etcdserver: leader changed")) }},
		{"403", func(c call) error { return apierrors.NewForbidden(resource(c), c.object.name, errors.New("not now")) }},
		{"timeout", func(c call) error { return apierrors.NewServerTimeout(resource(c), c.verb, 1) }},
	}
	writeRefusals = append([]refusal{
		{"409", func(c call) error {
			return apierrors.NewConflict(resource(c), c.object.name, errors.New("it was modified"))
		}},
	}, readRefusals...)
)

func resource(c call) schema.GroupResource { return schema.GroupResource{Resource: c.object.kind} }

// inARow is how often a stubborn refusal is repeated.
const inARow = 10

// refuse answers the call with an error, and the same call that often in all.
func refuse(r refusal, times int) Fault {
	name := r.name
	if times > 1 {
		name = fmt.Sprintf("%sx%d", r.name, times)
	}
	return Fault{Name: name, Family: Refuse, strike: func(_ context.Context, i *injector, a attempt) error {
		if r.name == notFound.name && !a.call.live {
			return a.do()
		}
		i.struck = true
		i.refused[a.call] = &row{left: times - 1, answer: r.answer}
		return r.answer(a.call)
	}}
}

// row is what is left of a row of refusals.
type row struct {
	left   int
	answer func(call) error
}

// stale leaves the cache stuck at a version of what the call reads: until the
// operator has nothing left to do, or, if long, until nobody has.
func stale(index int, long bool) Fault {
	name := fmt.Sprintf("stale-%d", index)
	if long {
		name += "-long"
	}
	return Fault{Name: name, Family: Stale, strike: func(_ context.Context, i *injector, a attempt) error {
		i.stuck[a.call.object], i.long = index, long
		i.struck = i.struck || index < i.journal.newest(a.call.object)
		return a.do()
	}}
}

// behind is stale by a number of versions.
func behind(versions int) Fault {
	return Fault{Name: fmt.Sprintf("behind-%d", versions), Family: Stale, strike: func(ctx context.Context, i *injector, a attempt) error {
		k := a.call.object
		index := max(i.shown[k], i.journal.newest(k)-versions)
		return stale(index, false).strike(ctx, i, a)
	}}
}

// AtWrites are faults that can strike at any write.
func AtWrites() []Fault {
	return append([]Fault{crash(), lost()}, refusals(writeRefusals...)...)
}

// AtReads are faults that can strike at any read. Some do nothing at some.
func AtReads() []Fault {
	return slices.Concat([]Fault{behind(1), behind(2)}, refusals(readRefusals...), refusals(notFound))
}

// refusals refuse a call once, and ten times in a row.
func refusals(of ...refusal) []Fault {
	var all []Fault
	for _, r := range of {
		all = append(all, refuse(r, 1), refuse(r, inARow))
	}
	return all
}

// travel restarts the operator, once all is done, with a cache that is as
// everything was at a moment.
func travel(moment int) Fault {
	return Fault{Name: fmt.Sprintf("travel-%d", moment), Family: Travel, moment: moment}
}
