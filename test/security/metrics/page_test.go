package metrics

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"tcp-operator.io/api/v1alpha1"
	"tcp-operator.io/controllers/observed"
	"tcp-operator.io/page"
)

// pageOf is the page as an account serves it whose cache is filled, and which
// has not asked any pods.
func pageOf(t *testing.T, config *rest.Config) http.Handler {
	t.Helper()
	c, err := client.New(config, client.Options{Scheme: server.Scheme})
	if err != nil {
		t.Fatal(err)
	}
	return page.Handler(page.Cluster{Cached: server.Client, Live: c, Pods: &observed.Collector{}})
}

func TestThePageIsForThoseWhoMayReadIt(t *testing.T) {
	address := serve(t)
	viewer := tokenOf(t, &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: "tcp-operator-ui", Namespace: namespace}})
	scraper := token(t, "scraper")
	allow(t, "scraper", "tcp-operator-metrics-reader")
	for name, c := range map[string]struct {
		method, path, token string
		want                int
	}{
		"the page without token":                 {http.MethodGet, "/ui/", "", http.StatusUnauthorized},
		"a file without token":                   {http.MethodGet, "/ui/app.js", "", http.StatusUnauthorized},
		"the picture without token":              {http.MethodGet, "/ui/api/v1/topology", "", http.StatusUnauthorized},
		"the page without the right":             {http.MethodGet, "/ui/", scraper, http.StatusForbidden},
		"the picture without the right":          {http.MethodGet, "/ui/api/v1/topology", scraper, http.StatusForbidden},
		"the page with the right":                {http.MethodGet, "/ui/", viewer, http.StatusOK},
		"the picture with the right":             {http.MethodGet, "/ui/api/v1/topology", viewer, http.StatusOK},
		"a look whether the page is there":       {http.MethodHead, "/ui/", viewer, http.StatusOK},
		"writing with the right to read":         {http.MethodPost, "/ui/api/v1/topology", viewer, http.StatusForbidden},
		"the metrics with the right to the page": {http.MethodGet, "/metrics", viewer, http.StatusForbidden},
	} {
		if status, _, body := ask(t, c.method, "https://"+address+c.path, c.token); status != c.want {
			t.Errorf("%s: %d, want %d: %s", name, status, c.want, body)
		}
	}
}

// TestThePageShowsEventsWhereTheOperatorMayReadThem asks a real API server,
// which takes only some fields as selectors.
func TestThePageShowsEventsWhereTheOperatorMayReadThem(t *testing.T) {
	address := serve(t) // installs the rights
	viewer := tokenOf(t, &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: "tcp-operator-ui", Namespace: namespace}})
	ns := server.Namespace(t)
	create(t, &v1alpha1.TcpServer{ObjectMeta: metav1.ObjectMeta{Name: "greeter", Namespace: ns}})
	happened := map[string]corev1.ObjectReference{
		"OfTheServer":          {Kind: "TcpServer", Namespace: ns, Name: "greeter"},
		"OfTheDeployment":      {Kind: "Deployment", Namespace: ns, Name: "greeter"},
		"OfAnotherResource":    {Kind: "TcpServer", Namespace: ns, Name: "other"},
		"OfANamesakeOfAClient": {Kind: "TcpClient", Namespace: ns, Name: "greeter"},
	}
	for reason, regarding := range happened {
		create(t, &eventsv1.Event{
			ObjectMeta: metav1.ObjectMeta{GenerateName: "e-", Namespace: ns}, Regarding: regarding, Reason: reason, Type: "Normal", Action: "Observe",
			EventTime: metav1.NewMicroTime(time.Now()), ReportingController: "test", ReportingInstance: "test",
		})
	}
	path := "/ui/api/v1/events?kind=TcpServer&name=greeter&namespace=" + ns
	_, _, body := ask(t, http.MethodGet, "https://"+address+path, viewer)
	var got struct {
		Events  []struct{ Reason string }
		Problem string
	}
	if err := json.Unmarshal([]byte(body), &got); err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	if len(got.Events) != 1 || got.Events[0].Reason != "OfTheServer" || got.Problem != "" {
		t.Errorf("events: %s", body)
	}
	if body := withoutEvents(t, path); !strings.Contains(body, "may not list events") {
		t.Errorf("without the right: %s", body)
	}
}

// withoutEvents asks a page whose operator may read everything but events.
func withoutEvents(t *testing.T, path string) string {
	t.Helper()
	answer := httptest.NewRecorder()
	pageOf(t, as("unknown")).ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
	return answer.Body.String()
}
