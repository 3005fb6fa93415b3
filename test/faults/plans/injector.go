package plans

import (
	"context"
	"fmt"
	"reflect"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"tcp-operator.io/test/faults/world"
)

// attempt is a call that is about to be made.
type attempt struct {
	call call
	do   func() error
}

// step is a call that was made while faults could strike.
type step struct {
	call  call
	place string // read-1, read-2, ... and write-1, write-2, ...
	// The versions that a cache could have shown instead: from the one that it
	// showed last, to the one before the newest.
	oldest, newest int

	exists bool // the object, at the time of the call
	failed bool // the call, or so it seemed
}

// injector stands between the operator and the API server. It lets one fault
// strike at one place, plays the cache, and keeps the journal.
type injector struct {
	journal  *journal
	somebody client.Client // who is not the operator

	armed   bool
	strikes map[string]Fault // by place

	trace  []step
	reads  int
	writes int // since armed
	sent   []call

	struck  bool // a fault did what it is there for
	dead    bool // the operator has crashed
	refused map[call]*row

	shown map[key]int       // the version of each object that the cache has shown last
	known map[key]types.UID // its identity
	stuck map[key]int       // the version that the cache is stuck at
	long  bool

	broken []string // what the operator must never do
}

func newInjector(j *journal, somebody client.Client) *injector {
	return &injector{journal: j, somebody: somebody, refused: map[call]*row{},
		shown: map[key]int{}, known: map[key]types.UID{}, stuck: map[key]int{}}
}

// arm lets faults strike from now on, each at its place.
func (i *injector) arm(strikes map[string]Fault) { i.armed, i.strikes = true, strikes }

// breaks notes what the operator must never do.
func (i *injector) breaks(what ...string) { i.broken = append(i.broken, what...) }

// cached plays a client that reads from a cache.
func (i *injector) cached(ctx context.Context, c call, into client.Object, do func() error) error {
	if c.verb != verbGet {
		return i.attempt(ctx, attempt{c, func() error { return i.pass(ctx, c, do) }})
	}
	return i.attempt(ctx, attempt{c, func() error { return i.show(c.object, into) }})
}

// live plays a client that reads from the API server.
func (i *injector) live(ctx context.Context, c call, into client.Object, do func() error) error {
	c.live = true
	return i.attempt(ctx, attempt{c, func() error {
		err := do()
		if err == nil && into != nil {
			i.known[c.object] = into.GetUID()
		}
		return err
	}})
}

// attempt makes the call, unless something goes wrong here.
func (i *injector) attempt(ctx context.Context, a attempt) error {
	if i.dead {
		return errCrashed
	}
	if a.call.writes() {
		i.sent = append(i.sent, a.call)
	}
	if !i.armed {
		return a.do()
	}
	place := i.record(a.call)
	if row := i.refused[a.call]; row != nil && row.left > 0 {
		row.left--
		return row.answer(a.call)
	}
	if fault, here := i.strikes[place]; here {
		return fault.strike(ctx, i, a)
	}
	at := len(i.trace) - 1
	err := a.do()
	i.trace[at].failed = err != nil
	return err
}

// commit makes a call whose answer nobody gets.
func (i *injector) commit(a attempt) {
	if a.do() == nil {
		i.struck = true
	}
}

// record adds a call to the trace, and returns its place.
func (i *injector) record(c call) string {
	s := step{call: c, newest: i.journal.newest(c.object), exists: i.journal.latest(c.object) != nil}
	s.oldest = s.newest
	if c.writes() {
		i.writes++
		s.place = fmt.Sprintf("write-%d", i.writes)
	} else {
		i.reads++
		s.place = fmt.Sprintf("read-%d", i.reads)
		if !c.live {
			s.oldest = i.shown[c.object]
		}
	}
	i.trace = append(i.trace, s)
	return s.place
}

// managedBy is the label without which a cache does not show a child.
const managedBy = "app.kubernetes.io/managed-by"

// show reads from the cache. The journal has all that a cache could show.
func (i *injector) show(k key, into client.Object) error {
	index, stuck := i.stuck[k]
	if !stuck {
		index = i.journal.newest(k)
	}
	i.shown[k] = max(i.shown[k], index)
	is := i.journal.at(k, index)
	if is == nil || !world.IsResource(is) && is.GetLabels()[managedBy] == "" {
		return apierrors.NewNotFound(resource(call{object: k}), k.name)
	}
	reflect.ValueOf(into).Elem().Set(reflect.ValueOf(is.DeepCopyObject()).Elem())
	i.known[k] = into.GetUID()
	return nil
}

// pass makes a write, and notes what came of it.
func (i *injector) pass(ctx context.Context, c call, do func() error) error {
	if c.byName {
		i.breaks(fmt.Sprintf("%s would hit whatever has the name", c))
	}
	before := i.journal.latest(c.object)
	err := do()
	if noteErr := i.journal.note(ctx, c.object); noteErr != nil {
		return noteErr
	}
	after := i.journal.latest(c.object)
	if before != nil && after == nil && before.GetUID() != i.known[c.object] {
		i.breaks(fmt.Sprintf("%s hit another object than the operator has read", c))
	}
	return err
}

// catchUp lets the cache show what there is, and tells which objects it was
// behind with.
func (i *injector) catchUp() map[key]client.Object {
	behind := map[key]client.Object{}
	for k, index := range i.stuck {
		if index != i.journal.newest(k) {
			behind[k] = i.journal.at(k, index)
		}
	}
	i.stuck = map[key]int{}
	return behind
}

// goBack makes the cache of a new operator show everything as it was.
func (i *injector) goBack(moment int) {
	for _, k := range i.journal.keys {
		i.stuck[k] = i.journal.asOf(k, moment)
		i.struck = i.struck || i.stuck[k] < i.journal.newest(k)
	}
}

// start is what a new operator's cache begins with.
func (i *injector) start() {
	i.dead = false
	i.known = map[key]types.UID{}
	i.shown = map[key]int{}
	for _, k := range i.journal.keys {
		if _, stuck := i.stuck[k]; !stuck {
			i.shown[k] = i.journal.newest(k)
		}
	}
}
