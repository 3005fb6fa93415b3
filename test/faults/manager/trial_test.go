package manager

import (
	"context"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"tcp-operator.io/test/faults/edits"
	"tcp-operator.io/test/faults/oracle"
	"tcp-operator.io/test/faults/wire"
	"tcp-operator.io/test/faults/world"
)

const (
	// poll is how often a running operator is looked at.
	poll = 20 * time.Millisecond
	// recovery bounds how long an operator may take once nothing goes wrong any
	// more; it is long because the machine may be slow.
	recovery = 90 * time.Second
	// calm is the time without a write after which nothing more is to come.
	calm = time.Second
)

// trial is one namespace, in which users make edits and an operator runs.
type trial struct {
	t         *testing.T
	kind      string // in the table of results; empty: it does not count
	namespace string
	cluster   *cluster
	image     string
	options   []func(*ctrl.Options)
	targets   map[types.UID]string // where clients went when all was last as it should be

	strike *atomic.Bool // set once the fault has struck; nil where it cannot miss
	passed bool         // whatever else its test comes to

	operator *operator
	all      []*operator       // that there were
	wires    []*wire.Wire      // of all operators that there were
	crashed  chan *wire.Wire   // whose operator should die
	next     func() *wire.Wire // the wire of the operator after a crash
}

// newTrial starts an operator in a namespace of its own. The table of results
// has the trial among those of its kind from now on, also if the test ends early.
func newTrial(t *testing.T, kind string, w *wire.Wire, options ...func(*ctrl.Options)) *trial {
	t.Helper()
	x := prepare(t, kind)
	x.options = options
	x.start(w)
	return x
}

// prepare makes a trial whose operator has yet to be started.
func prepare(t *testing.T, kind string) *trial {
	t.Helper()
	x := &trial{
		t: t, kind: kind, namespace: server.Namespace(t), image: edits.Image,
		crashed: make(chan *wire.Wire, 1),
		next:    func() *wire.Wire { return &wire.Wire{} },
	}
	if kind != "" {
		t.Cleanup(func() { results.ended(t, x) })
	}
	x.cluster = startCluster(t, x.namespace)
	return x
}

// start runs an operator on w. It takes the place of the last one.
func (x *trial) start(w *wire.Wire) {
	x.t.Helper()
	x.operator = x.startBeside(w)
}

// startBeside runs one more operator.
func (x *trial) startBeside(w *wire.Wire) *operator {
	x.t.Helper()
	o := startOperator(x.t, w, x.namespace, x.image, x.options...)
	x.all = append(x.all, o)
	if !slices.Contains(x.wires, w) {
		x.wires = append(x.wires, w)
	}
	return o
}

// make makes edits. Each is given time to settle, and no longer than patience.
func (x *trial) make(patience time.Duration, all ...edits.Edit) {
	x.t.Helper()
	for _, e := range all {
		if e.Image != "" {
			x.operator.stop(x.t)
			x.image = e.Image
			x.start(x.operator.wire)
		}
		if e.Do != nil {
			if err := e.Do(x.t.Context(), server.Client, x.namespace); err != nil {
				x.t.Fatalf("%s: %v", e.Name, err)
			}
		}
		x.settle(patience)
	}
}

// settle waits until everything is as it should be, and returns what is not
// after limit.
func (x *trial) settle(limit time.Duration) []string {
	x.t.Helper()
	var wrong []string
	look := func(ctx context.Context) (bool, error) {
		x.replaceTheCrashed()
		if wrong = x.wrong(ctx, x.cluster.cache); len(wrong) > 0 {
			return false, nil
		}
		// The cluster's view may be older than the last edit.
		var w world.World
		if w, wrong = x.look(ctx, server.Client); len(wrong) == 0 {
			x.targets = oracle.Targets(w)
		}
		return len(wrong) == 0, nil
	}
	_ = wait.PollUntilContextTimeout(x.t.Context(), poll, limit, true, look) // wrong says more
	return wrong
}

// wrong is what is not as it should be, as far as the reader knows.
func (x *trial) wrong(ctx context.Context, from client.Reader) []string {
	_, wrong := x.look(ctx, from)
	return wrong
}

func (x *trial) look(ctx context.Context, from client.Reader) (w world.World, wrong []string) {
	w, err := world.Read(ctx, from, x.namespace)
	if err != nil {
		return w, []string{err.Error()}
	}
	w.Targets = x.targets
	return w, oracle.Match(w, x.image)
}

// replaceTheCrashed starts an operator in place of one that should die.
func (x *trial) replaceTheCrashed() {
	select {
	case <-x.crashed:
		x.operator.crash()
		x.start(x.next())
	default:
	}
}

// writes are those of all operators, save events and leases: they say nothing
// of the state that is kept.
func (x *trial) writes() []wire.Request {
	var all []wire.Request
	for _, w := range x.wires {
		all = append(all, w.Writes()...)
	}
	return slices.DeleteFunc(all, func(r wire.Request) bool { return !keeps(r) })
}

// keeps tells whether a request is about the state that is kept.
func keeps(r wire.Request) bool { return r.Resource != "events" && r.Resource != "leases" }

// listen waits until the operators have begun again all watches that had
// ended, and returns what is not watched after limit. Only then have they seen
// everything, and may have something to write.
func (x *trial) listen(limit time.Duration) []string {
	x.t.Helper()
	var deaf []string
	look := func(context.Context) (bool, error) {
		deaf = nil
		for _, o := range x.all {
			deaf = append(deaf, o.deaf()...)
		}
		return len(deaf) == 0, nil
	}
	_ = wait.PollUntilContextTimeout(x.t.Context(), poll, limit, true, look) // deaf says more
	return deaf
}

// rest waits until the operator has stopped writing, and no longer than limit.
func (x *trial) rest(limit time.Duration) bool {
	x.t.Helper()
	return x.quiet(calm, limit)
}

// quiet waits for a window without a write.
func (x *trial) quiet(window, limit time.Duration) bool {
	x.t.Helper()
	before, since := len(x.writes()), time.Now()
	look := func(context.Context) (bool, error) {
		if now := len(x.writes()); now != before {
			before, since = now, time.Now()
		}
		return time.Since(since) >= window, nil
	}
	return wait.PollUntilContextTimeout(x.t.Context(), poll, limit, false, look) == nil
}

// end is what a trial comes to.
type end struct {
	Tally  tally
	Normal []string // the objects that remain
}

// judge holds what must be so at the end of every trial: everything is as it
// should be and stays so, nothing is written any more, and every version of a
// resource was fit for kstatus.
func (x *trial) judge() end {
	x.t.Helper()
	if wrong := x.settle(recovery); len(wrong) > 0 {
		x.t.Fatalf("it does not recover: %q", wrong)
	}
	if deaf := x.listen(recovery); len(deaf) > 0 {
		x.t.Fatalf("it does not watch again: %q", deaf)
	}
	if !x.rest(recovery) {
		x.t.Fatal("it does not stop writing")
	}
	written := len(x.writes())
	x.quiet(stillness(), recovery)
	if more := x.writes()[written:]; len(more) > 0 {
		x.t.Errorf("at rest, it writes %v", more)
	}
	if wrong := x.wrong(x.t.Context(), server.Client); len(wrong) > 0 {
		x.t.Errorf("it does not hold what was reached: %q", wrong)
	}
	x.checkDeletions()
	if wrong, _ := x.cluster.history.violations(); len(wrong) > 0 {
		x.t.Errorf("on the way there were %d states that no status may have: %q", len(wrong), wrong[:min(5, len(wrong))])
	}
	w, err := world.Read(x.t.Context(), server.Client, x.namespace)
	if err != nil {
		x.t.Fatal(err)
	}
	return end{Tally: x.cluster.history.tally(), Normal: w.Normal()}
}

// stillness is how long nothing may be written at the end.
func stillness() time.Duration {
	if *full {
		return 3 * time.Second
	}
	return time.Second
}

// checkDeletions holds that no deletion can hit a successor.
func (x *trial) checkDeletions() {
	x.t.Helper()
	for _, r := range x.writes() {
		if r.Verb == "delete" && r.UID() == "" || r.Verb == "deletecollection" {
			x.t.Errorf("%s is bound to no UID: %s", r, r.Body)
		}
	}
}
