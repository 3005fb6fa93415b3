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
	"strconv"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/oauth2"

	"tcp-operator.io/cmd/kubectl-tcp/cluster"
	"tcp-operator.io/cmd/kubectl-tcp/ui"
)

// page is what `kubectl tcp ui` was asked for.
type page struct {
	*options
	operatorNamespace string
	account           string
	ownToken          bool
	port              int
	noBrowser         bool
}

func newUI(o *options) *cobra.Command {
	p := &page{options: o}
	c := &cobra.Command{
		Use:   "ui",
		Short: "Open the operator's page in a browser",
		Long: `Forward a local port to the operator's page, and open it until it is interrupted.
The page must be on: see docs/page.md.

The manager is asked with a new token of the service account tcp-operator-ui,
which may read the page and nothing else, and is made anew every hour. With --own-token
it is given the token of your kubeconfig instead, with all that you may do.`,
		Example: `  kubectl tcp ui
  kubectl tcp ui --no-browser --port 8080`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return p.run(c.Context()) },
	}
	c.Flags().StringVar(&p.operatorNamespace, "operator-namespace", "tcp-operator-system", "where the operator runs")
	c.Flags().StringVar(&p.account, "service-account", "tcp-operator-ui", "of which a token is made, in the operator's namespace")
	c.Flags().BoolVar(&p.ownToken, "own-token", false, "send the token of your kubeconfig to the manager, and make none")
	c.Flags().IntVar(&p.port, "port", 0, "local port; 0 takes a free one")
	c.Flags().BoolVar(&p.noBrowser, "no-browser", false, "print the address, and open nothing")
	c.MarkFlagsMutuallyExclusive("own-token", "service-account")
	_ = c.RegisterFlagCompletionFunc("operator-namespace", o.completeNamespaces)
	return c
}

// managerPort is where the manager serves metrics and the page.
const managerPort = 8443

func (p *page) run(ctx context.Context) error {
	from, err := p.cluster()
	if err != nil {
		return err
	}
	manager, doubt, err := from.Manager(ctx, p.operatorNamespace)
	if err != nil {
		return err
	}
	if doubt != "" {
		p.warn(doubt + "; pod " + manager.Name + " is asked, and may know the status only")
	}
	tokens := p.tokens(ctx, from)
	if _, err := tokens.Token(); err != nil {
		return err
	}
	// Forwarding ends with this command, also where it fails.
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	port, ended, err := from.Forward(ctx, manager, managerPort, p.ErrOut)
	if err != nil {
		return err
	}
	proxy := &ui.Proxy{
		Manager: &url.URL{Scheme: "https", Host: net.JoinHostPort("127.0.0.1", strconv.Itoa(int(port)))},
		// The certificate is the manager's own; that it is the manager who
		// answers is known from the API server, which forwards to its pod.
		Transport: &oauth2.Transport{Source: tokens, Base: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}},
		Secret:    ui.NewSecret(),
	}
	if err := check(ctx, proxy); err != nil {
		return err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(p.port)))
	if err != nil {
		return fmt.Errorf("listening: %w: choose another --port", err)
	}
	return p.serve(ctx, listener, proxy, ended)
}

// tokens are new ones that are good for the page alone. The user's own goes to
// the manager only if asked for: whoever can label a pod could receive it.
func (p *page) tokens(ctx context.Context, from *cluster.Cluster) oauth2.TokenSource {
	if p.ownToken {
		return cluster.OwnTokens(from.Config)
	}
	return from.Tokens(ctx, p.operatorNamespace, p.account)
}

// check asks for the page once, so that what is wrong is said here and not in
// a browser.
func check(ctx context.Context, proxy *ui.Proxy) error {
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodHead, proxy.Manager.String()+"/ui/", nil)
	if err != nil {
		return err
	}
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
		return errors.New("no right to read the page: bind the ClusterRole tcp-operator-ui-viewer to the account that asks")
	}
	return fmt.Errorf("the manager answers %s", answer.Status)
}

// serve passes the page on until ctx is done, which is no error: its user has
// seen enough. It closes the listener.
func (p *page) serve(ctx context.Context, listener net.Listener, proxy *ui.Proxy, ended <-chan error) error {
	server := &http.Server{Handler: proxy, ReadHeaderTimeout: 10 * time.Second}
	served := make(chan error, 1)
	go func() {
		served <- server.Serve(listener)
		close(served)
	}()
	defer func() {
		_ = server.Close()
		for range served { // until the goroutine has ended
		}
	}()
	address := "http://" + listener.Addr().String() + proxy.Path()
	fmt.Fprintf(p.Out, "%s\nThe address is for you alone: it lets whoever has it read. Ctrl-C ends.\n", address)
	opened, closeBrowser := p.browse(address)
	defer closeBrowser()
	for {
		select {
		case <-ctx.Done():
			return nil
		case err := <-opened:
			if opened = nil; err != nil {
				p.warnNoBrowser(err)
			}
		case err := <-ended:
			if ctx.Err() != nil {
				return nil
			}
			return fmt.Errorf("the connection to the manager has ended: run this again (%w)", cmp.Or(err, io.EOF))
		case err := <-served:
			return fmt.Errorf("serving the page: %w", err)
		}
	}
}

// browse opens the address, where there is a browser. opened tells of it once.
func (p *page) browse(address string) (opened <-chan error, end func()) {
	if p.noBrowser {
		return nil, func() {}
	}
	browser, err := ui.Open(address)
	if err != nil {
		p.warnNoBrowser(err)
		return nil, func() {}
	}
	return browser.Opened, func() { _ = browser.Close() } // a file of this user, in a folder for such
}

func (p *page) warnNoBrowser(err error) {
	p.warn("no browser was opened (" + err.Error() + "): open the address yourself")
}
