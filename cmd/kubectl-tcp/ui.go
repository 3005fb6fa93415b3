package main

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os/exec"
	"runtime"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"tcp-operator.io/cmd/kubectl-tcp/ui"
)

// page is what `kubectl tcp ui` was asked for.
type page struct {
	*options
	operatorNamespace string
	account           string
	port              int
	noBrowser         bool
}

func newUI(o *options) *cobra.Command {
	p := &page{options: o}
	c := &cobra.Command{
		Use:   "ui",
		Short: "Open the operator's page in a browser",
		Long: `Forward a local port to the operator's page, and open it. The page must be on:
see docs/page.md.

The manager is asked with the token of your kubeconfig, or else with one of the
service account tcp-operator-ui, which lives for an hour.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return p.run(c.Context()) },
	}
	c.Flags().StringVar(&p.operatorNamespace, "operator-namespace", "tcp-operator-system", "where the operator runs")
	c.Flags().StringVar(&p.account, "service-account", "tcp-operator-ui", "of which a token is made, in the operator's namespace")
	c.Flags().IntVar(&p.port, "port", 0, "local port; 0 takes a free one")
	c.Flags().BoolVar(&p.noBrowser, "no-browser", false, "print the address, and open nothing")
	return c
}

// managerPort is where the manager serves metrics and the page.
const managerPort = 8443

func (p *page) run(ctx context.Context) error {
	from, err := p.cluster()
	if err != nil {
		return err
	}
	manager, err := from.Manager(ctx, p.operatorNamespace)
	if err != nil {
		return err
	}
	token, err := from.Token(ctx, p.operatorNamespace, p.account)
	if err != nil {
		return err
	}
	port, ended, err := from.Forward(ctx, manager, managerPort, p.ErrOut)
	if err != nil {
		return err
	}
	proxy := &ui.Proxy{
		Manager: &url.URL{Scheme: "https", Host: net.JoinHostPort("127.0.0.1", strconv.Itoa(int(port)))},
		// The certificate is the manager's own; that it is the manager who
		// answers is known from the API server, which forwards to its pod.
		Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}},
		Token:     token,
		Secret:    ui.NewSecret(),
	}
	if err := check(ctx, proxy); err != nil {
		return err
	}
	return p.serve(ctx, proxy, ended)
}

// check asks for the page once, so that what is wrong is said here and not in
// a browser.
func check(ctx context.Context, proxy *ui.Proxy) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodHead, proxy.Manager.String()+"/ui/", nil)
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Bearer "+proxy.Token)
	answer, err := proxy.Transport.RoundTrip(request)
	if err != nil {
		return fmt.Errorf("the manager does not answer (%w): see that it is ready, then run this again", err)
	}
	_ = answer.Body.Close()
	switch answer.StatusCode {
	case http.StatusOK:
		return nil
	case http.StatusNotFound:
		return errors.New("the manager does not serve the page: run it with --ui (config/ui, or the chart's value ui.enabled)")
	case http.StatusUnauthorized, http.StatusForbidden:
		return errors.New("no right to read the page: bind the ClusterRole tcp-operator-ui-viewer to your account")
	}
	return fmt.Errorf("the manager answers %s", answer.Status)
}

func (p *page) serve(ctx context.Context, proxy *ui.Proxy, ended <-chan error) error {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(p.port)))
	if err != nil {
		return fmt.Errorf("listening: %w: choose another --port", err)
	}
	server := &http.Server{Handler: proxy, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = server.Serve(listener) }() // until Close
	defer server.Close()
	address := "http://" + listener.Addr().String() + proxy.Path()
	fmt.Fprintf(p.Out, "%s\nThe address is for you alone: it lets whoever has it read. Ctrl-C ends.\n", address)
	if !p.noBrowser {
		browse(ctx, address)
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case err := <-ended:
		return fmt.Errorf("the connection to the manager has ended: run this again (%w)", cmp.Or(err, io.EOF))
	}
}

// browse opens an address in the user's browser, where there is a way.
func browse(ctx context.Context, address string) {
	open := map[string][]string{
		"linux":   {"xdg-open", address},
		"darwin":  {"open", address},
		"windows": {"rundll32", "url.dll,FileProtocolHandler", address},
	}[runtime.GOOS]
	if open != nil {
		_ = exec.CommandContext(ctx, open[0], open[1:]...).Start() // the address has been printed
	}
}
