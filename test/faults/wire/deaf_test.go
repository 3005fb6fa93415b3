package wire_test

import (
	"slices"
	"testing"
	"testing/synctest"

	"tcp-operator.io/test/faults/wire"
)

func TestAPathIsDeafUntilItIsWatchedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, s := &wire.Wire{}, &server{}
		c := through(t, w, s)
		check := func(when string, want ...string) {
			t.Helper()
			if got := w.Deaf(); !slices.Equal(got, want) {
				t.Errorf("%s, deaf are %q, want %q", when, got, want)
			}
		}
		check("before anything is watched")
		first, err := c.Get(watching)
		if err != nil {
			t.Fatal(err)
		}
		check("while watched")
		for range 2 { // closing twice ends no other watch
			first.Body.Close()
		}
		check("once the watch has ended", path)
		open(t, c, watching)
		check("once watched again")
		lagging := &wire.Wire{}
		lagging.Return(wire.Past{path: nil})
		open(t, through(t, lagging, s), listing)
		w = lagging
		check("while the past is shown", path)
	})
}
