package page

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tcp-operator.io/api/v1alpha1"
	"tcp-operator.io/topology"
)

// drawn holds once rates are on the edges: they need two pictures.
const drawn = `[...document.querySelectorAll('.how')].some((e) => e.textContent.includes('10/s'))`

// node is an expression for the node of a resource in the graph.
func node(id string) string { return fmt.Sprintf(`document.querySelector('.node[data-id="%s"]')`, id) }

func (p *tab) want(expression, want string) {
	p.Helper()
	if got := eval[string](p, "String("+expression+")"); got != want {
		p.Errorf("%s is\n%s, want\n%s", expression, got, want)
	}
}

func TestTheGraphShowsWhatThereIs(t *testing.T) {
	t.Parallel()
	p := open(t, shop(), "")
	p.waitFor(drawn)
	for id, want := range map[string]string{
		"TcpServer/shop/orders":    "Server orders in shop, Healthy, 14 sessions open, 120 messages per second sent, 120 received, 1/1 pods ready",
		"TcpServer/shop/audit":     "Server audit in shop, Failed: Name conflict, 0 sessions open",
		"TcpClient/default/caller": "Client caller in default, Healthy, 1/1 sessions, leads to greeter",
		"TcpClient/shop/canary":    "Client canary in shop, Progressing: Sessions not established, 1/2 sessions, leads to orders, 10 messages per second sent, 10 received, round trip median 5.00 s, 99th percentile 5.01 s",
		"TcpClient/shop/intruder":  "Client intruder in shop, Healthy, blocked, as expected, leads to orders",
		"TcpClient/shop/ledger":    "Client ledger in shop, Healthy, 1/1 sessions, leads to db.example.com:5432",
		"TcpClient/shop/lost":      "Client lost in shop, Progressing: Server not found, 0/1 sessions, leads to returns",
	} {
		if got := eval[string](p, node(id)+`?.getAttribute('aria-label') ?? 'missing'`); !strings.HasPrefix(got, want) {
			t.Errorf("%s is said to be\n%s, want\n%s", id, got, want)
		}
	}
	p.want(`document.querySelector('#totals').innerText.replaceAll('\n', ' ')`, "Servers 3 Clients 7 Sessions 15/17 Messages 244/s Not healthy 3")
	p.want(`document.querySelectorAll('.edge').length`, "7")
	p.want(`document.querySelector('.edge .stop[d^=M]') !== null`, "true")
	p.shoot("page-graph.png")
}

// TestHealthIsNoMatterOfColourAlone: each has a shape of its own.
func TestHealthIsNoMatterOfColourAlone(t *testing.T) {
	t.Parallel()
	p := open(t, shop(), "")
	p.waitFor(drawn)
	shapes := map[string]string{}
	for _, id := range []string{"TcpServer/shop/orders", "TcpServer/shop/audit", "TcpClient/shop/canary"} {
		shape := eval[string](p, fmt.Sprintf(`[...%s.querySelectorAll('.mark *')].map((e) => e.tagName + (e.getAttribute('d') ?? '')).join()`, node(id)))
		if other, ok := shapes[shape]; ok || shape == "" {
			t.Errorf("%s looks as %s does", id, other)
		}
		shapes[shape] = id
	}
}

func TestAClickShowsEverythingAboutAResource(t *testing.T) {
	t.Parallel()
	p := open(t, shop(), "")
	p.waitFor(drawn)
	p.do(chromedp.Click(`.node[data-id="TcpClient/shop/canary"]`))
	p.waitFor(`document.querySelector('#panel .pods table') && document.querySelector('#panel .events time')`)
	panel := p.text("#panel")
	for _, want := range []string{
		"canary", "Progressing: Sessions not established", "1/2", "4 opened, 3 lost", "p50 5.00 s, p99 5.01 s", "10 sent, 10 received",
		"orders", "open for", "Peer reset", "Keep alive timeout, closed by the network", "Connect timeout", "3 min", "31 s", "canary-7d9f6-x2x4q", "worker-1", "10.0.0.7:41234",
		"10.96.4.11:9527", "412 µs", "Outage began", "(warning)",
	} {
		if !strings.Contains(panel, want) {
			t.Errorf("the panel does not say %q:\n%s", want, panel)
		}
	}
	p.want(`document.querySelectorAll('.timeline .outage').length`, "3")
	p.want(`document.querySelectorAll('.timeline .outage.open').length`, "1")
	p.want(`(({x, width}) => Math.round(x + width))(document.querySelector('.timeline .outage.open rect').getBBox())`, "400") // now
	p.want(node("TcpServer/shop/orders")+`.classList.contains('dim')`, "false")
	p.want(node("TcpClient/shop/stock")+`.classList.contains('dim')`, "true")
	p.want(`location.hash`, "#selected=TcpClient%2Fshop%2Fcanary")

	// Its edge is the client, too; a second click lets go.
	p.do(chromedp.Click(`.node[data-id="TcpClient/shop/canary"]`))
	p.waitFor(`document.querySelector('#panel').hidden`)
	x, y := eval[float64](p, edgeMiddle+".x"), eval[float64](p, edgeMiddle+".y")
	p.do(chromedp.MouseClickXY(x, y))
	p.waitFor(`document.querySelector('#panel-title').textContent === 'stock' && !document.querySelector('#panel').hidden`)
	p.do(chromedp.NavigateBack())
	p.waitFor(`document.querySelector('#panel').hidden`)
}

// edgeMiddle is a point on the edge of the client stock.
const edgeMiddle = `(() => {
	const line = [...document.querySelectorAll('.edge')].find((e) => e.textContent.includes('840 µs')).querySelector('.line');
	return line.getPointAtLength(line.getTotalLength() / 3).matrixTransform(line.getScreenCTM());
})()`

// TestTextIsNoHTML: what people and pods write stays text.
func TestTextIsNoHTML(t *testing.T) {
	t.Parallel()
	p := open(t, shop(), "#selected=TcpServer%2Fshop%2Faudit")
	p.waitFor(`!document.querySelector('#panel').hidden`)
	if got := p.text("#panel .message"); !strings.Contains(got, "<b>remove</b> it") {
		t.Errorf("the message is %q", got)
	}
	p.want(`document.querySelectorAll('#panel b').length`, "0")
}

// TestKeys goes through the page without a mouse.
func TestKeys(t *testing.T) {
	t.Parallel()
	p := open(t, shop(), "")
	p.waitFor(drawn)
	focused := `document.activeElement.dataset.id ?? document.activeElement.id`
	p.do(chromedp.Focus("#view-table"))
	p.press(kb.Tab)
	p.want(focused, "Namespace//default")
	p.press(kb.ArrowDown)
	p.want(focused, "TcpClient/default/caller")
	p.press(kb.ArrowRight)
	p.want(focused, "TcpServer/default/greeter")
	p.press(kb.ArrowLeft, kb.End)
	p.want(focused, "TcpClient/shop/lost")
	p.press(kb.ArrowUp, kb.ArrowUp, kb.ArrowUp, kb.ArrowUp, kb.Enter)
	p.waitFor(`document.querySelector('#panel-title').textContent === 'canary'`)
	p.press(kb.Escape)
	p.want(`document.querySelector('#panel').hidden`, "true")
	p.want(focused, "TcpClient/shop/canary")
	// As a keyboard does it: what the page does with the key decides whether it
	// becomes text.
	call(p, input.DispatchKeyEvent, input.DispatchKeyEventParams{Type: input.DispatchKeyEventTypeKeyDown, Key: "/", Text: "/"})
	p.want(focused, "name")
	p.press("stock")
	p.waitFor(`document.querySelectorAll('.node').length === 2`)
	p.press(kb.Escape)
	p.waitFor(`document.querySelectorAll('.node').length > 2`)
}

func TestTheFilterIsInTheAddress(t *testing.T) {
	t.Parallel()
	p := open(t, shop(), "#namespace=shop&name=s")
	p.waitFor(`document.querySelectorAll('.node').length > 0`)
	p.want(`document.querySelector('#namespace').value`, "shop")
	p.want(`document.querySelector('#name').value`, "s")
	p.want(node("TcpClient/default/caller"), "null")
	p.do(chromedp.Click("#unhealthy"))
	p.waitFor(`location.hash === '#namespace=shop&name=s&unhealthy=true'`)
	p.want(`[...document.querySelectorAll('.node')].map((n) => n.dataset.id).sort().join()`, "TcpClient/shop/lost,TcpServer/shop/returns")
	p.do(chromedp.SendKeys("#name", "nothing like this"))
	p.waitFor(`document.querySelector('#nothing').offsetParent !== null`)
	p.do(chromedp.Click("#clear"))
	p.waitFor(`document.querySelectorAll('.node').length > 10`)
	p.want(`location.hash`, "")
}

func TestTheTableHasTheSameContent(t *testing.T) {
	t.Parallel()
	p := open(t, shop(), "")
	p.waitFor(drawn)
	p.do(chromedp.Click("#view-table"))
	p.waitFor(`document.querySelectorAll('#table tbody tr').length === 10`)
	row := `[...document.querySelectorAll('#table tr')].find((r) => r.textContent.includes('canary'))`
	p.want(`[...`+row+`.cells].map((c) => c.textContent).join('|')`, "shop|canary|Progressing: Sessions not established|orders.shop.svc:9527|1/2|3|5.00 s|5.01 s|10|10|0/1")
	p.want(`[...document.querySelectorAll('#table caption')].map((c) => c.textContent).join()`, "Servers (3),Clients (7)")
	p.want(`[...document.querySelectorAll('#table thead th')].every((h) => h.scope === 'col')`, "true")
	p.do(chromedp.Click(`#table .rows:last-child tbody tr:nth-child(2) button`)) // after default/caller
	p.waitFor(`document.querySelector('tr.selected th').textContent === 'canary'`)
	p.want(`[...document.querySelectorAll('#table .rows')].map((rows) => rows.scrollWidth - rows.clientWidth).join()`, "0,0") // all columns are to be seen beside the panel
	p.shoot("page-table.png")
}

// TestARowThatIsSelectedStaysWhereItIs: the graph that is not shown has another
// idea of where that is.
func TestARowThatIsSelectedStaysWhereItIs(t *testing.T) {
	t.Parallel()
	p := open(t, many(), "#namespace=team-00")
	p.waitFor(drawn5)
	p.do(chromedp.Click("#view-table"))
	p.waitFor(`document.querySelectorAll('#table tbody tr').length === 100`)
	p.do(chromedp.Evaluate[chromedp.Void](`document.querySelector('#main').scrollTop = 2000; undefined`))
	p.do(chromedp.Evaluate[chromedp.Void](`globalThis.row = [...document.querySelectorAll('#table tr button')].find((b) => b.getBoundingClientRect().top > 300); row.focus({preventScroll: true}); undefined`))
	before := eval[float64](p, `row.getBoundingClientRect().top`)
	p.do(chromedp.Evaluate[chromedp.Void](`row.click(); undefined`))
	p.waitFor(`document.querySelector('#panel-title').textContent === row.textContent && !document.querySelector('#panel').hidden`)
	p.want(`row.getBoundingClientRect().top`, fmt.Sprint(before))
	p.want(`getComputedStyle(document.querySelector('#table tbody tr:last-child')).opacity`, "1") // all rows stay legible
	p.do(chromedp.Evaluate[chromedp.Void](`document.querySelector('#main').scrollTop = 0; document.querySelector('#panel .related button').click(); undefined`))
	p.waitFor(`(({top, bottom}) => top >= 0 && bottom <= innerHeight)(document.querySelector('tr.selected').getBoundingClientRect())`)
}

// drawn5 holds once there are rates in a world of many.
const drawn5 = `[...document.querySelectorAll('.how')].some((e) => e.textContent.includes('5.0/s'))`

// TestThePanelStaysWhileItsNumbersMove: an answer every few seconds takes
// nothing away from the reader.
func TestThePanelStaysWhileItsNumbersMove(t *testing.T) {
	t.Parallel()
	w := shop()
	w.crowd(topology.ServerKey("shop", "orders"))
	p := open(t, w, "#selected=TcpServer%2Fshop%2Forders")
	p.waitFor(drawn + ` && document.querySelectorAll('#panel .pods details').length === 5`)
	p.want(`document.querySelectorAll('#panel .pods details[open]').length`, "0") // so many begin closed
	p.do(chromedp.Click("#panel .pods details:nth-of-type(2) summary"))
	p.do(chromedp.Focus("#panel .pods details:nth-of-type(4) summary"))
	const received = `document.querySelector('#panel .pods details:nth-of-type(2) td:nth-child(2)').textContent`
	state := `JSON.stringify([document.activeElement.getBoundingClientRect().top, document.activeElement.textContent, [...document.querySelectorAll('#panel details')].map((d) => d.open)])`
	first, before := eval[string](p, received), eval[string](p, state)
	p.waitFor(received + ` !== '` + first + `'`)
	p.want(state, before)

	// Nothing of it lies outside.
	p.want(`document.querySelector('#panel').scrollWidth - document.querySelector('#panel').clientWidth`, "0")
	p.want(`[...document.querySelectorAll('#panel details[open] thead th')].at(-1).textContent`, "Resent")
	p.want(`[...document.querySelectorAll('#panel details[open] :is(th, td)')]
		.filter((c) => c.scrollWidth > c.clientWidth || c.getBoundingClientRect().right > document.querySelector('#panel').getBoundingClientRect().right).map((c) => c.textContent).join()`, "")
}

// TestOnlyTheNewestQuestionIsShownItsAnswer holds the answers back, and gives
// them in another order.
func TestOnlyTheNewestQuestionIsShownItsAnswer(t *testing.T) {
	t.Parallel()
	p := open(t, shop(), "")
	p.waitFor(drawn)
	p.do(chromedp.Evaluate[chromedp.Void](`
		const real = fetch;
		globalThis.held = [];
		globalThis.fetch = (path, options) => (path.includes('sessions?') ? new Promise((give) => held.push(give)) : real(path, options));
		globalThis.give = (i, pod) => held[i](new Response(JSON.stringify({ pods: [{ name: pod, ready: true, total: 0, sessions: [] }], morePods: 0 }))); undefined`))
	p.do(chromedp.Click(`.node[data-id="TcpClient/shop/canary"]`))
	p.waitFor(`held.length === 1`)
	begin := eval[float64](p, `performance.now()`)
	p.waitFor(fmt.Sprintf(`performance.now() > %f`, begin+6000))
	p.want(`held.length`, "1") // no second question while the first is under way
	p.do(chromedp.Click(`.node[data-id="TcpClient/shop/stock"]`), chromedp.Click(`.node[data-id="TcpClient/shop/canary"]`))
	p.waitFor(`held.length === 3`)
	p.do(chromedp.Evaluate[chromedp.Void](`give(2, 'newest'); undefined`))
	p.waitFor(`document.querySelector('#panel .pods').textContent.includes('newest')`)
	p.do(chromedp.Evaluate[chromedp.Void](`give(0, 'oldest'); give(1, 'other'); undefined`))
	p.waitFor(`held.length === 4`) // the next question, some time later
	p.want(`[...document.querySelectorAll('#panel .pods .name')].map((n) => n.textContent).join()`, "newest")
}

// TestANamespaceCanBeClosed although what is selected stands in it.
func TestANamespaceCanBeClosed(t *testing.T) {
	t.Parallel()
	p := open(t, shop(), "#selected=TcpClient%2Fshop%2Fcanary")
	p.waitFor(drawn)
	p.do(chromedp.Click(`.heading[data-id="Namespace//shop"]`))
	p.waitFor(node("TcpClient/shop/canary") + ` === null`)
	p.want(`document.querySelector('.heading[data-id="Namespace//shop"]').getAttribute('aria-expanded')`, "false")
	p.want(`document.querySelector('#panel-title').textContent`, "canary")
	// A new selection is to be seen.
	p.do(chromedp.Click(`#panel .related button`))
	p.waitFor(node("TcpServer/shop/orders") + `?.getAttribute('aria-pressed') === 'true'`)
}

// TestNumbersOfSomePodsSaySo: a sum of one of three pods looks like one of all.
func TestNumbersOfSomePodsSaySo(t *testing.T) {
	t.Parallel()
	w := shop()
	w.change(func(seen *topology.Seen) { seen.Servers[1].Status.Replicas = 3 }) // orders
	p := open(t, w, "#selected=TcpServer%2Fshop%2Forders")
	p.waitFor(drawn)
	p.want(node("TcpServer/shop/orders")+`.querySelector('.state').textContent`, "14 sessions open, 1/3 pods, 1 answered")
	if got := p.text("#panel .summary"); !strings.Contains(got, "1 of 3 pods: numbers are theirs alone") {
		t.Errorf("the panel says\n%s", got)
	}
}

// TestCookiesReachAProxy: one that authenticates knows its readers by them.
func TestCookiesReachAProxy(t *testing.T) {
	t.Parallel()
	w := shop()
	p := open(t, w, "")
	p.waitFor(drawn)
	const asked = `performance.getEntriesByType('resource').filter((e) => e.name.endsWith('/topology')).length`
	p.do(chromedp.Evaluate[chromedp.Void](`document.cookie = 'reader=known; path=/'; undefined`))
	p.waitFor(fmt.Sprintf("%s > %d", asked, eval[int](p, asked)+1))
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.cookie != "reader=known" {
		t.Errorf("the cookies were %q", w.cookie)
	}
}

// TestTheBrowserThatIsNamedIsTaken, and no other one in its place.
func TestTheBrowserThatIsNamedIsTaken(t *testing.T) {
	t.Parallel()
	absolute, err := filepath.Abs("../../hack/build.sh")
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"/wrong/path": "", "../../hack/build.sh": absolute} {
		script := exec.CommandContext(t.Context(), "../../hack/browser.sh")
		script.Env = append(os.Environ(), "BROWSER="+name)
		var complaint strings.Builder
		script.Stderr = &complaint
		out, err := script.Output()
		got := strings.TrimSpace(string(out))
		if want == "" && (err == nil || got != "" || !strings.Contains(complaint.String(), "BROWSER: "+name)) {
			t.Errorf("%s: %q, %v, %s", name, got, err, &complaint)
		}
		if want != "" && (err != nil || !filepath.IsAbs(got) || filepath.Clean(got) != want) {
			t.Errorf("%s: %q, %v, want %s", name, got, err, want)
		}
	}
}

func TestAChangeIsShownAndAnnounced(t *testing.T) {
	t.Parallel()
	w := shop()
	p := open(t, w, "#selected=TcpClient%2Fshop%2Fcheckout")
	p.waitFor(drawn)
	w.change(func(seen *topology.Seen) {
		for i := range seen.Clients {
			if seen.Clients[i].Name == "checkout" {
				seen.Clients[i].Status.Sessions.Established = 0
				unwell(&seen.Clients[i].Status.Conditions, v1alpha1.ConditionReconciling, v1alpha1.ReasonSessionsNotEstablished, "0 of 8")
			}
		}
		seen.Servers = append(seen.Servers, v1alpha1.TcpServer{ObjectMeta: metav1.ObjectMeta{Namespace: "new", Name: "newcomer"}})
	})
	p.waitFor(`document.querySelector('#news').textContent === 'Client checkout is now Progressing: Sessions not established.'`)
	p.want(`document.querySelector('#news').getAttribute('aria-live')`, "polite")
	p.waitFor(node("TcpServer/new/newcomer"))
	p.waitFor(`document.querySelector('#panel .summary').textContent.includes('0/8')`)
}

func TestAManagerThatCannotBeReached(t *testing.T) {
	t.Parallel()
	w := shop()
	p := open(t, w, "")
	p.waitFor(drawn)
	p.allow("status of 500")
	p.do(chromedp.Evaluate[chromedp.Void](`globalThis.changes = 0; new MutationObserver(() => changes++).observe(document.querySelector('#problem'), {childList: true}); undefined`))
	w.fail(true)
	p.waitFor(`!document.querySelector('#problem').hidden`)
	if got := p.text("#problem"); !strings.Contains(got, "HTTP status 500") || !strings.Contains(got, "What you see is from") {
		t.Errorf("it says %q", got)
	}
	p.waitFor(`document.body.classList.contains('stale') && document.querySelector('#freshness-text').textContent.startsWith('Stale')`)
	p.want(node("TcpServer/shop/orders")+` !== null`, "true")
	p.want(`changes`, "1") // each change is read out, and it has failed several times
	w.fail(false)
	p.waitFor(`document.querySelector('#problem').hidden && !document.body.classList.contains('stale')`)
}

func TestWithoutResources(t *testing.T) {
	t.Parallel()
	w := newWorld()
	p := open(t, w, "")
	p.waitFor(`document.querySelector('#empty').offsetParent !== null`)
	p.want(`document.querySelectorAll('#empty pre').length`, "2")
	w.change(func(seen *topology.Seen) { *seen = shop().seen })
	p.waitFor(node("TcpServer/shop/orders"))
	p.want(`document.querySelector('#empty').hidden`, "true")
}

func TestAManagerThatDoesNotLead(t *testing.T) {
	t.Parallel()
	w := shop()
	w.follows = true
	p := open(t, w, "")
	p.waitFor(`document.querySelector('#not-live').offsetParent !== null`)
}

// TestColoursAreLegible computes contrasts as WCAG 2 does: 4.5 for text.
func TestColoursAreLegible(t *testing.T) {
	t.Parallel()
	for _, scheme := range []string{"light", "dark"} {
		p := open(t, shop(), "#selected=TcpClient%2Fshop%2Fcanary", prefers("color-scheme", scheme))
		p.waitFor(drawn + ` && document.body.innerText.includes('Outage began')`)
		p.do(chromedp.Evaluate[chromedp.Void](contrasts))
		for _, pair := range [][2]string{
			{"--text", "--ground"}, {"--text", "--surface"}, {"--text", "--raised"}, {"--quiet", "--ground"}, {"--quiet", "--surface"}, {"--quiet", "--raised"},
			{"--accent", "--surface"}, {"--sign", "--accent"}, {"--progressing", "--surface"}, {"--failed", "--surface"}, {"--healthy", "--surface"}, {"--none", "--surface"},
		} {
			if got := eval[float64](p, fmt.Sprintf("contrast(%q, %q)", pair[0], pair[1])); got < 4.5 {
				t.Errorf("%s: %s on %s has a contrast of %.2f", scheme, pair[0], pair[1], got)
			}
		}
		for _, text := range []string{".node.dim .name", ".node.dim .state", ".edge.dim .what", ".edge.dim .how"} {
			if got := eval[float64](p, fmt.Sprintf("seen(%q)", text)); got < 4.5 {
				t.Errorf("%s: what steps back, %s, has a contrast of %.2f", scheme, text, got)
			}
		}
		dark := eval[float64](p, `luminance('--ground')`) < 0.2
		if dark != (scheme == "dark") {
			t.Errorf("%s: the ground is dark: %v", scheme, dark)
		}
		p.shoot("page-" + scheme + ".png")
	}
}

const contrasts = `
	const linear = (rgb) => rgb.map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)).reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
	const named = (name) => {
		const hex = getComputedStyle(document.documentElement).getPropertyValue(name).trim();
		return [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16) / 255);
	};
	const between = (a, b) => {
		const [low, high] = [linear(a), linear(b)].sort((x, y) => x - y);
		return (high + 0.05) / (low + 0.05);
	};
	globalThis.luminance = (name) => linear(named(name));
	globalThis.contrast = (a, b) => between(named(a), named(b));
	// seen is the contrast of the text of an element that stands on the ground,
	// with the opacity of all that it is in.
	globalThis.seen = (selector) => {
		const element = [...document.querySelectorAll(selector)].find((e) => e.textContent);
		const style = getComputedStyle(element);
		const colour = (element.namespaceURI.endsWith('svg') ? style.fill : style.color).match(/[\d.]+/g).slice(0, 3).map((c) => c / 255);
		let opacity = 1;
		for (let e = element; e; e = e.parentElement) opacity *= getComputedStyle(e).opacity;
		return between(colour.map((c, i) => c * opacity + named('--ground')[i] * (1 - opacity)), named('--ground'));
	}; undefined`

func TestNothingMovesForThoseWhoAskForIt(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{"reduce": "0s", "no-preference": "0.15s"} {
		p := open(t, shop(), "", prefers("reduced-motion", value))
		p.waitFor(drawn)
		p.want(`getComputedStyle(`+node("TcpServer/shop/orders")+`).transitionDuration`, want)
	}
}

// TestAThousandServersAndAThousandClients: what is not in sight is not drawn,
// so the document stays small however much there is.
func TestAThousandServersAndAThousandClients(t *testing.T) {
	t.Parallel()
	p := open(t, many(), "")
	p.waitFor(`document.querySelectorAll('.heading').length === 20`)
	p.want(`document.querySelectorAll('.node').length`, "0") // namespaces begin closed
	p.want(`document.querySelector('#totals').innerText.split('\n').slice(0, 4).join(' ')`, "Servers 1,000 Clients 1,000")
	p.do(chromedp.SendKeys("#name", "client-r"))
	p.eachHeadingOpen()
	p.waitFor(`document.querySelectorAll('.node').length > 10`)
	if drawnNodes := eval[int](p, `document.querySelectorAll('.node').length`); drawnNodes > 100 {
		t.Errorf("%d nodes are in the document", drawnNodes)
	}
	p.do(chromedp.Focus(`.heading`))
	p.press(kb.End)
	p.waitFor(`document.activeElement.dataset.id?.startsWith('TcpClient/team-19/')`)
	t.Logf("drawing took %v", eval[[]float64](p, `performance.getEntriesByName('draw').map((e) => Math.round(e.duration * 10) / 10)`))

	p.do(chromedp.Click("#view-table"))
	p.waitFor(`document.querySelectorAll('#table tbody tr').length === 400`)
	p.do(chromedp.Click("#table .more"))
	p.waitFor(`document.querySelectorAll('#table tbody tr').length === 600`)
	t.Logf("with the table %v", eval[[]float64](p, `performance.getEntriesByName('draw').map((e) => Math.round(e.duration * 10) / 10)`))
}

// eachHeadingOpen opens every namespace.
func (p *tab) eachHeadingOpen() {
	p.Helper()
	late := time.After(time.Minute)
	for eval[int](p, `(() => {
		document.querySelector('#main').scrollTop += 200;
		const closed = document.querySelectorAll('.heading[aria-expanded="false"]');
		closed.forEach((h) => h.click());
		return closed.length + (document.querySelector('#main').scrollTop + 1 < document.querySelector('#main').scrollHeight - document.querySelector('#main').clientHeight);
	})()`) > 0 {
		select {
		case <-late:
			p.Fatal("there is no end of namespaces")
		case <-p.ctx.Done():
			p.Fatal("the browser has gone")
		default:
		}
	}
}
