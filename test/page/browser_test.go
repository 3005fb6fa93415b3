// Package page drives the operator's page in a real browser. It is a module of
// its own, so that what speaks to the browser stays out of the operator's.
package page

import (
	"context"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	ui "tcp-operator.io/page"
)

var (
	screenshots = flag.String("screenshots", "", "`folder` to write the documentation's pictures to")
	browser     context.Context
)

func TestMain(m *testing.M) {
	flag.Parse()
	path := os.Getenv("BROWSER")
	if path == "" {
		fmt.Fprintln(os.Stderr, "BROWSER is not set: run make page-test, or point it at Chromium")
		os.Exit(1)
	}
	os.Exit(run(m, path))
}

// run starts the browser and runs the tests, each in a tab of its own.
func run(m *testing.M, path string) int {
	data, err := os.MkdirTemp("", "page-test-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(data)
	options := []chromedp.ExecAllocatorOption{
		chromedp.ExecPath(path), chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun, chromedp.UserDataDir(data),
		chromedp.WSURLReadTimeout(time.Minute),
	}
	for _, name := range []string{"disable-quic", "disable-background-networking", "disable-component-update", "disable-sync", "hide-scrollbars"} {
		options = append(options, chromedp.Flag(name, true))
	}
	allocator, stop := chromedp.NewExecAllocator(context.Background(), options...) //nolint:forbidigo // there is no test yet
	defer stop()
	started, end := chromedp.NewContext(allocator)
	defer end()
	if err := chromedp.Do(started); err != nil {
		fmt.Fprintln(os.Stderr, "starting the browser:", err)
		return 1
	}
	browser = started
	return m.Run()
}

// tab shows the page of one world.
type tab struct {
	*testing.T
	ctx context.Context
	url string

	mu       sync.Mutex
	problems []string // what the browser complained of
	allowed  []string // parts of complaints that the test provokes
}

// prefix stands before the page as a local proxy's does.
const prefix = "/a-prefix-that-cannot-be-guessed"

// open shows the page of a world, with a view as the address has it.
func open(t *testing.T, w *world, view string, media ...*emulation.MediaFeature) *tab {
	t.Helper()
	server := httptest.NewServer(http.StripPrefix(prefix, w.remember(ui.Handler(w))))
	t.Cleanup(server.Close)
	p := &tab{T: t, url: server.URL + prefix + ui.Path}
	ctx, cancel := chromedp.NewContext(browser, chromedp.WithListener(p.hear))
	t.Cleanup(cancel)
	p.ctx = ctx
	t.Cleanup(p.check)
	p.do(chromedp.EmulateViewport(1440, 900))
	// Each tab behaves as if it were the one in front.
	call(p, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true})
	call(p, log.Enable, cdp.Empty{})
	call(p, network.Enable, network.EnableParams{})
	call(p, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: violations})
	call(p, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: media})
	p.do(chromedp.Navigate(p.url + view))
	return p
}

// violations makes the page complain of what its policy forbade.
const violations = `addEventListener('securitypolicyviolation', (e) => console.error('policy: ' + e.violatedDirective + ' ' + e.blockedURI))`

// call gives the browser one command about the tab.
func call[P, R any](p *tab, command cdp.Command[P, R], params P) {
	p.Helper()
	if _, err := chromedp.Call(p.ctx, command, params); err != nil {
		p.Fatal(err)
	}
}

// prefers is a setting of the reader's system, such as a colour scheme.
func prefers(name, value string) *emulation.MediaFeature {
	return &emulation.MediaFeature{Name: "prefers-" + name, Value: value}
}

// hear keeps complaints, and requests to anywhere but the page's own place.
func (p *tab) hear(event any) {
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		p.complain(fmt.Sprintf("exception: %+v %+v", e.ExceptionDetails, e.ExceptionDetails.Exception))
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError || e.Type == runtime.ConsoleAPICalledTypeWarning {
			p.complain(fmt.Sprintf("console: %s", e.Args[0].Value))
		}
	case *log.EventEntryAdded:
		if e.Entry.Level == log.EntryLevelError || e.Entry.Level == log.EntryLevelWarning {
			p.complain("log: " + e.Entry.Text + " " + e.Entry.URL)
		}
	case *network.EventRequestWillBeSent:
		if !strings.HasPrefix(e.Request.URL, p.url) && !strings.HasPrefix(e.Request.URL, "data:") {
			p.complain("request to " + e.Request.URL)
		}
	}
}

func (p *tab) complain(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, part := range p.allowed {
		if strings.Contains(text, part) {
			return
		}
	}
	p.problems = append(p.problems, text)
}

func (p *tab) check() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, problem := range p.problems {
		p.Errorf("the browser complains: %s", problem)
	}
}

// allow expects complaints with one of the parts from now on.
func (p *tab) allow(parts ...string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.allowed = parts
}

func (p *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	p.Helper()
	if err := chromedp.Do(p.ctx, steps...); err != nil {
		p.Fatal(err)
	}
}

// eval returns what an expression is in the page.
func eval[T any](p *tab, expression string) T {
	p.Helper()
	value, err := chromedp.Run(p.ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		p.Fatalf("%s: %v", expression, err)
	}
	return value
}

// waitFor waits until an expression holds in the page.
func (p *tab) waitFor(expression string) {
	p.Helper()
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	for late := time.After(20 * time.Second); ; {
		if eval[bool](p, "Boolean("+expression+")") {
			return
		}
		select {
		case <-again.C:
		case <-late:
			p.Fatalf("waited in vain for %s\n%s", expression, eval[string](p, "document.body.innerText"))
		}
	}
}

// text is what an element shows.
func (p *tab) text(selector string) string {
	p.Helper()
	return eval[string](p, fmt.Sprintf("document.querySelector(%q)?.innerText ?? 'there is no such element'", selector))
}

// press presses keys, by the names that chromedp/kb gives them.
func (p *tab) press(keys ...string) {
	p.Helper()
	for _, key := range keys {
		p.do(chromedp.KeyEvent(key))
	}
}

// shoot takes a picture for the documentation, if it is asked for.
func (p *tab) shoot(name string) {
	p.Helper()
	if *screenshots == "" {
		return
	}
	image, err := chromedp.Run(p.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		p.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(*screenshots, name), image, 0o644); err != nil {
		p.Fatal(err)
	}
}
