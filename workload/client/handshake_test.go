package client

import (
	"testing"
	"testing/synctest"
	"time"

	"tcp-operator.io/workload/credentials"
	"tcp-operator.io/workload/credentials/testcert"
	"tcp-operator.io/workload/snapshot"
	"tcp-operator.io/workload/spec"
	"tcp-operator.io/workload/verdict"
)

// secure makes the client speak TLS, to a server that it will never trust.
func (w *world) secure() {
	w.t.Helper()
	files := credentials.Files{CA: testcert.New(w.t).File(w.t, w.t.TempDir())}
	store, err := credentials.New(files, w.client.Config.Log)
	if err != nil {
		w.t.Fatal(err)
	}
	w.client.Credentials, w.client.Dial = store, store.Dialer(w.network.Dial, "greeter")
}

func TestAHandshakeHasWhatTheConnectTimeoutLeaves(t *testing.T) {
	inWorld(t, func(s *spec.Client) { s.Connect.Timeout = spec.Duration(7 * time.Second) }, func(w *world) {
		w.secure()
		l := w.listen()
		w.run()
		c := w.accept(l)
		time.Sleep(7 * time.Second)
		s := w.snapshot()
		if len(s.Outages) != 1 || s.Outages[0].Phase != snapshot.PhaseHandshake || s.Outages[0].Reason != snapshot.HandshakeTimeout {
			t.Errorf("outages: %+v", s.Outages)
		}
		if s.Failures[snapshot.HandshakeTimeout] != 1 || s.LastFailure == nil || s.LastFailure.Phase != snapshot.PhaseHandshake {
			t.Errorf("%v, %+v", s.Failures, s.LastFailure)
		}
		_ = c.Close()
	})
}

func TestAHandshakeShowsThatThePathExists(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.client.Expect = spec.Expect{Connect: spec.Blocked}
		w.secure()
		l := w.listen()
		w.run()
		c := w.accept(l)
		w.wantVerdict("during the handshake", verdict.NotProven, false)
		_, _ = c.Write([]byte("response from the server"))
		_ = c.Close()
		w.wantVerdict("after it", verdict.UnexpectedSession, false)
	})
}

func TestCloseBreaksAHandshakeOff(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.secure()
		l := w.listen()
		w.run()
		c := w.accept(l)
		start := time.Now()
		_ = w.client.Close()
		synctest.Wait()
		if after := time.Since(start); after > 0 {
			t.Errorf("closed after %s", after)
		}
		if n := w.snapshot().Failures[snapshot.HandshakeFailed]; n != 0 {
			t.Errorf("%d failures", n)
		}
		_ = c.Close()
	})
}
