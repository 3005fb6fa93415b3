package main

import (
	"bytes"
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"k8s.io/cli-runtime/pkg/genericiooptions"

	"tcp-operator.io/cmd/kubectl-tcp/ui"
)

// A says is an io.Writer that tells of each write.
type says chan string

func (s says) Write(text []byte) (int, error) {
	s <- string(text)
	return len(text), nil
}

func TestThePageIsServedUntilSomethingEnds(t *testing.T) {
	manager := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("the page")) }))
	t.Cleanup(manager.Close)
	at, err := url.Parse(manager.URL)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		end  func(interrupt func(), listener net.Listener, ended chan<- error)
		want string // of the error; empty: none
	}{
		"its user has seen enough":  {func(interrupt func(), _ net.Listener, _ chan<- error) { interrupt() }, ""},
		"the connection is lost":    {func(_ func(), _ net.Listener, ended chan<- error) { ended <- errors.New("lost") }, "run this again (lost)"},
		"the listener no longer is": {func(_ func(), l net.Listener, _ chan<- error) { _ = l.Close() }, "serving the page"},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, interrupt := context.WithCancel(t.Context())
			defer interrupt()
			listener, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			out := make(says, 1)
			p := &page{options: &options{IOStreams: genericiooptions.IOStreams{Out: out, ErrOut: &bytes.Buffer{}}}, noBrowser: true}
			proxy := &ui.Proxy{Manager: at, Transport: http.DefaultTransport, Secret: ui.NewSecret()}
			ended, result := make(chan error, 1), make(chan error, 1)
			go func() { result <- p.serve(ctx, listener, proxy, ended) }()
			address, _, _ := strings.Cut(<-out, "\n")
			answer, err := http.Get(address)
			if err != nil || answer.StatusCode != http.StatusOK {
				t.Fatalf("%s: %v, %v", address, answer, err)
			}
			_ = answer.Body.Close()
			c.end(interrupt, listener, ended)
			if err := <-result; (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %q", err, c.want)
			}
			if _, err := http.Get(address); err == nil {
				t.Error("it is still served")
			}
		})
	}
}
