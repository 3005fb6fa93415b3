// Package ui brings the operator's page to a browser on this machine.
package ui

import (
	"crypto/rand"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
)

// Proxy passes requests of the local browser to the manager, by a transport that
// adds the token which the manager asks for. Whoever can reach the loopback could
// otherwise read with the rights of that token, so a request needs the secret
// in its path; and it has to name the loopback as its host, or a page that
// has its own name point there could read through the user's browser.
type Proxy struct {
	// Manager is the https address of the manager's server.
	Manager *url.URL
	// Transport to it, which says who asks.
	Transport http.RoundTripper
	// Secret is the first segment of every path.
	Secret string
}

// NewSecret returns one that nobody can guess.
func NewSecret() string { return rand.Text() }

// Path is where the page is.
func (p *Proxy) Path() string { return "/" + p.Secret + "/ui/" }

// ServeHTTP implements http.Handler.
func (p *Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path, ok := strings.CutPrefix(r.URL.Path, "/"+p.Secret+"/")
	switch {
	case !ok || !isLoopback(r.Host):
		http.NotFound(w, r)
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "the page is read-only", http.StatusMethodNotAllowed)
	default:
		p.forward("/"+path).ServeHTTP(w, r)
	}
}

func (p *Proxy) forward(path string) http.Handler {
	return &httputil.ReverseProxy{
		Transport:     p.Transport,
		FlushInterval: -1, // what streams is to arrive as it comes
		Rewrite: func(r *httputil.ProxyRequest) {
			r.Out.URL.Scheme, r.Out.URL.Host = p.Manager.Scheme, p.Manager.Host
			r.Out.URL.Path, r.Out.URL.RawPath = path, ""
			r.Out.Host = p.Manager.Host
			r.Out.Header.Del("Cookie")
			r.Out.Header.Del("Authorization")
		},
	}
}

// isLoopback tells whether a request was sent to this machine by that name.
func isLoopback(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
