package manager

import (
	"testing"
	"time"

	"k8s.io/client-go/rest"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"tcp-operator.io/test/faults/plans"
	"tcp-operator.io/test/faults/wire"
)

// TestALostEventWouldShow plants the bug that TestAFrameIsLost looks for: a
// manager that goes on watching as if the event had not been, and does not list
// again. What the event was about is then not done.
func TestALostEventWouldShow(t *testing.T) {
	t.Parallel()
	load := workload(t, "TcpServer/scale")
	x := framePlan{"tcpservers", 0, wire.Lose}.trial(t, "", load.Given)
	x.make(0, load.Edits[0])
	if wrong := x.settle(5 * time.Second); len(wrong) == 0 {
		t.Error("the event is lost, and nothing is found wrong")
	} else {
		t.Logf("caught: %q", wrong)
	}
}

// TestAStatusIsOvertaken: an operator is slow to write a status, and another
// one has written a later status meanwhile. The slower one must not put the
// past in its place. A status patch without a lock does, and is found out.
func TestAStatusIsOvertaken(t *testing.T) {
	for name, mutate := range map[string][]func(*ctrl.Options){"as it ships": nil, "planted-without-a-lock": {withoutLock}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			kind := "status overtaken"
			if mutate != nil {
				kind = "" // it should fail
			}
			load := workload(t, "TcpServer/scale")
			gate := &wire.Gate{Closes: func(r wire.Request) bool { return r.Verb == "patch" && r.Resource == "tcpservers/status" }}
			x := newTrial(t, kind, &wire.Wire{Refuse: gate.Pass}, mutate...)
			x.make(settling, load.Given...)
			x.rest(recovery)
			gate.Close()
			x.make(0, load.Edits[0])
			select {
			case <-gate.Reached():
			case <-time.After(recovery):
				t.Fatal("the operator writes no status")
			}
			x.startBeside(&wire.Wire{})
			x.make(settling, load.Edits[1])
			gate.Open()
			x.settle(recovery)
			x.rest(recovery)
			wrong, _ := x.cluster.history.violations()
			if caught := len(wrong) > 0; caught != (mutate != nil) {
				t.Errorf("states that no status may have: %q", wrong)
			}
			if mutate == nil {
				x.judge()
			}
		})
	}
}

// withoutLock lets an operator write a status whatever it was computed from.
func withoutLock(o *ctrl.Options) {
	o.NewClient = func(config *rest.Config, options client.Options) (client.Client, error) {
		c, err := client.NewWithWatch(config, options)
		if err != nil {
			return nil, err
		}
		return plans.StatusWithoutLock(c), nil
	}
}
