package ui

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/oauth2"
)

// manager answers with what it was asked.
func manager(t *testing.T) *url.URL {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, r.Method+" "+r.URL.String()+" "+r.Header.Get("Authorization")+" "+r.Header.Get("Cookie"))
	}))
	t.Cleanup(s.Close)
	at, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func TestTheProxyIsForThisUserOnly(t *testing.T) {
	asking := &oauth2.Transport{Source: oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "token"})}
	proxy := &Proxy{Manager: manager(t), Transport: asking, Secret: NewSecret()}
	for name, c := range map[string]struct {
		method, host, path string
		want               int
		body               string
	}{
		"the page":           {"GET", "127.0.0.1:4000", proxy.Path(), 200, "GET /ui/ Bearer token "},
		"data with a query":  {"GET", "localhost:4000", proxy.Path() + "api/v1/sessions?name=a%2Fb", 200, "GET /ui/api/v1/sessions?name=a%2Fb Bearer token "},
		"IPv6":               {"GET", "[::1]:4000", proxy.Path(), 200, "GET /ui/ Bearer token "},
		"without the secret": {"GET", "127.0.0.1:4000", "/ui/", 404, ""},
		"a wrong secret":     {"GET", "127.0.0.1:4000", "/" + NewSecret() + "/ui/", 404, ""},
		"another host name":  {"GET", "evil.example:4000", proxy.Path(), 404, ""},
		"another address":    {"GET", "192.0.2.1:4000", proxy.Path(), 404, ""},
		"writing":            {"POST", "127.0.0.1:4000", proxy.Path(), 405, ""},
	} {
		request := httptest.NewRequest(c.method, "http://"+c.host+c.path, nil)
		request.Header.Set("Authorization", "Basic of-something-else")
		request.Header.Set("Cookie", "session=of-something-else")
		answer := httptest.NewRecorder()
		proxy.ServeHTTP(answer, request)
		if answer.Code != c.want || c.want == 200 && answer.Body.String() != c.body {
			t.Errorf("%s: %d %q, want %d %q", name, answer.Code, answer.Body, c.want, c.body)
		}
		if c.want != 200 && strings.Contains(answer.Body.String(), "token") {
			t.Errorf("%s: the manager was asked", name)
		}
	}
}

func TestSecretsDiffer(t *testing.T) {
	if a, b := NewSecret(), NewSecret(); a == b || len(a) < 26 {
		t.Errorf("secrets %q and %q", a, b)
	}
}
