package wire_test

import (
	"testing"
	"testing/synctest"

	"tcp-operator.io/test/faults/wire"
)

func TestAGateHoldsWhatItIsFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &wire.Gate{Closes: wire.Request.Writes}
		write, read := wire.Request{Verb: "patch"}, wire.Request{Verb: "get"}
		g.Pass(write)
		g.Close()
		g.Pass(read)
		select {
		case <-g.Reached():
			t.Error("a read is held")
		default:
		}
		passed := false
		go func() {
			g.Pass(write)
			passed = true
		}()
		<-g.Reached()
		synctest.Wait()
		if passed {
			t.Error("a write passes the closed gate")
		}
		g.Open()
		synctest.Wait()
		if !passed {
			t.Error("the open gate holds a write")
		}
	})
}
